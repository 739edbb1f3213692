#include "resolver/plot.h"
#include <math.h>
#include "common/banned.h"

/* One of the two fields, in pixels, with what it shows from low to high. */
struct field {
	double left, top, width, height;
	double from, to;  /* stacks */
	double low, high; /* values at the bottom and at the top */
};

enum { WIDTH = 760, TICKS = 5 };

static double x_of(const struct field *field, double stacks)
{
	return field->left + field->width * (stacks - field->from) / (field->to - field->from);
}

static double y_of(const struct field *field, double value)
{
	return field->top + field->height * (1 - (value - field->low) / (field->high - field->low));
}

/* A round step of 1, 2 or 5 times a power of ten that cuts a span into about TICKS parts. */
static double round_step(double span)
{
	double power = pow(10, floor(log10(span / TICKS)));
	double part = span / TICKS / power;
	return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

/* How many multiples of a step lie between the two, both included. */
static int n_steps(double from, double to, double step)
{
	return (int)(floor(to / step + 1e-9) - ceil(from / step)) + 1;
}

static void add_grid(struct buf *out, const struct field *field, const char *name, bool with_x)
{
	double step = round_step(field->high - field->low);
	buf_addf(out, "<text x=\"%g\" y=\"%g\" class=\"name\">%s</text>\n", field->left,
		field->top - 8, name);
	int n = n_steps(field->low, field->high, step);
	for (int i = 0; i < n; i++) {
		double value = (ceil(field->low / step) + i) * step;
		double y = y_of(field, value);
		buf_addf(out,
			"<line x1=\"%g\" y1=\"%.1f\" x2=\"%g\" y2=\"%.1f\" class=\"grid\"/>\n",
			field->left, y, field->left + field->width, y);
		buf_addf(out, "<text x=\"%g\" y=\"%.1f\" class=\"tick end\">%.6g</text>\n",
			field->left - 6, y + 4, fabs(value) < step * 1e-9 ? 0 : value);
	}
	step = round_step(field->to - field->from);
	n = with_x ? n_steps(field->from, field->to, step) : 0;
	for (int i = 0; i < n; i++) {
		double value = (ceil(field->from / step) + i) * step;
		buf_addf(out, "<text x=\"%.1f\" y=\"%g\" class=\"tick middle\">%.9g</text>\n",
			x_of(field, value), field->top + field->height + 16, value);
	}
}

static double value_of(const struct plot *plot, const struct explore_point *point, int which)
{
	switch (which) {
	case 0:
		return (double)point->score / plot->scale;
	case 1:
		return (double)point->best / plot->scale;
	default:
		return point->beam;
	}
}

/* A line through all points; the best so far goes in steps. */
static void add_line(struct buf *out, const struct plot *plot, const struct field *field, int which,
	const char *class)
{
	buf_addf(out, "<polyline class=\"%s\" points=\"", class);
	for (uint32_t i = 0; i < plot->n; i++) {
		const struct explore_point *point = &plot->points[i];
		double x = x_of(field, (double)point->stacks);
		if (which == 1 && i > 0) {
			buf_addf(out, "%.1f,%.1f ", x,
				y_of(field, value_of(plot, &plot->points[i - 1], which)));
		}
		buf_addf(out, "%.1f,%.1f ", x, y_of(field, value_of(plot, point, which)));
	}
	buf_add(out, S("\"/>\n"));
}

static void add_dots(struct buf *out, const struct plot *plot, const struct field *field)
{
	buf_add(out, S("<path class=\"score\" d=\""));
	for (uint32_t i = 0; i < plot->n; i++) {
		buf_addf(out, "M%.1f %.1fh0", x_of(field, (double)plot->points[i].stacks),
			y_of(field, value_of(plot, &plot->points[i], 0)));
	}
	buf_add(out, S("\"/>\n"));
}

static void widen(struct field *field, double value)
{
	field->low = value < field->low ? value : field->low;
	field->high = value > field->high ? value : field->high;
}

static struct field score_field(const struct plot *plot)
{
	struct field field = {70, 60, WIDTH - 90, 240, 0, 1, INFINITY, -INFINITY};
	for (uint32_t i = 0; i < plot->n; i++) {
		widen(&field, value_of(plot, &plot->points[i], 0));
		widen(&field, value_of(plot, &plot->points[i], 1));
	}
	if (plot->has_bound) {
		widen(&field, (double)plot->bound / plot->scale);
	}
	if (plot->n == 0 && !plot->has_bound) {
		widen(&field, 0);
	}
	double margin = (field.high - field.low) * 0.04 + (field.high == field.low ? 0.5 : 0);
	field.low -= margin;
	field.high += margin;
	field.to = plot->n == 0 ? 1 : (double)plot->points[plot->n - 1].stacks;
	return field;
}

static const char style[] =
	"<style>text{font:12px sans-serif;fill:#333}.title{font-size:15px}.name{font-weight:bold}"
	".end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:#ddd}"
	"polyline{fill:none;stroke-linejoin:round}.score{stroke:#8ab;stroke-width:3;stroke-linecap:"
	"round;fill:none;opacity:.6}"
	".best{stroke:#164;stroke-width:2}.bound{stroke:#b31;stroke-width:1.5;stroke-dasharray:6 4}"
	".beam{stroke:#357;stroke-width:1.5}.green{fill:#164}.red{fill:#b31}.blue{fill:#579}</"
	"style>\n";

void plot_svg(const struct plot *plot, struct buf *out)
{
	struct field score = score_field(plot);
	struct field beam = {70, 380, WIDTH - 90, 90, score.from, score.to, 0, 1};
	bool has_beam = false;
	for (uint32_t i = 0; i < plot->n; i++) {
		widen(&beam, plot->points[i].beam);
		has_beam |= plot->points[i].beam > 0;
	}
	int height = has_beam ? 510 : 345;
	buf_addf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\">\n",
		WIDTH, height, WIDTH, height);
	buf_add(out, str_from(style));
	buf_add(out, S("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"70\" "
		       "y=\"24\" class=\"title\">"));
	buf_add_html(out, plot->title);
	buf_add(out, S("</text>\n"));
	buf_addf(out,
		"<text x=\"%d\" y=\"52\" class=\"end\"><tspan class=\"blue\">a stack</tspan>, "
		"<tspan class=\"green\">the best so far</tspan>%s</text>\n",
		WIDTH - 20,
		plot->has_bound ? ", <tspan class=\"red\">no stack is above</tspan>" : "");
	add_grid(out, &score, "score", true);
	add_dots(out, plot, &score);
	add_line(out, plot, &score, 1, "best");
	if (plot->has_bound) {
		double y = y_of(&score, (double)plot->bound / plot->scale);
		buf_addf(out,
			"<line x1=\"%g\" y1=\"%.1f\" x2=\"%g\" y2=\"%.1f\" class=\"bound\"/>\n",
			score.left, y, score.left + score.width, y);
	}
	if (has_beam) {
		add_grid(out, &beam, "partial stacks in the beam", true);
		add_line(out, plot, &beam, 2, "beam");
	}
	buf_addf(out, "<text x=\"%g\" y=\"%d\" class=\"middle\">stacks scored</text>\n</svg>\n",
		score.left + score.width / 2, height - 8);
}
