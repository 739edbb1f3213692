#include "staticscan/calls.h"
#include "staticscan/names.h"
#include "common/banned.h"

enum { ROUNDS_MAX = 200, PENDING_MAX = 20000 };

static struct evaluation evaluation_by(struct walker *walker, uint32_t at)
{
	struct facts *facts = walker->facts;
	struct evaluation ret = {.facts = facts,
		.module = walker->module,
		.walker = walker,
		.cell = walker->cell,
		.at = at};
	if (walker->function != SCOPE_NONE) {
		ret.function = &facts->installs->functions.p[walker->function];
	}
	return ret;
}

static struct evaluation evaluation_at(struct walker *walker, uint32_t node)
{
	return evaluation_by(walker, walk_mark(walker, node).at);
}

static struct value new_literal(struct walker *walker, uint32_t node, bool each)
{
	struct installs *installs = walker->facts->installs;
	struct code code = evaluate_here(walker, node);
	code.each = each;
	*vec_push(walker->facts->arena, &installs->literals) = code;
	return (struct value){.kind = VALUE_LITERAL, .id = (uint32_t)installs->literals.n - 1};
}

struct value calls_literal(struct walker *walker, uint32_t node)
{
	return new_literal(walker, node, false);
}

struct binding calls_loop_value(struct walker *walker, uint32_t right)
{
	struct evaluation evaluation = evaluation_at(walker, right);
	uint8_t kind = walker->tree->nodes[right].kind;
	if (kind == SYNTAX_IDENTIFIER) {
		struct binding value = walk_lookup(walker, walk_name(walker, right));
		if (value.n == 1 && value.values[0].kind == VALUE_LITERAL) {
			struct installs *installs = evaluation.facts->installs;
			struct code code = installs->literals.p[value.values[0].id];
			kind = code.tree->nodes[code.node].kind;
			if (!code.each && (kind == SYNTAX_LIST || kind == SYNTAX_TUPLE)) {
				code.each = true;
				*vec_push(evaluation.facts->arena, &installs->literals) = code;
				return binding_of((struct value){.kind = VALUE_LITERAL,
					.id = (uint32_t)installs->literals.n - 1});
			}
		}
		return binding_other();
	}
	bool list = kind == SYNTAX_LIST || kind == SYNTAX_TUPLE || kind == SYNTAX_SET;
	return list ? binding_of(new_literal(walker, right, true)) : binding_other();
}

bool calls_plain_string(struct walker *walker, uint32_t node, struct str *ret)
{
	struct evaluation evaluation = evaluation_at(walker, node);
	struct code code = evaluate_here(walker, node);
	char_vec chars = {0};
	uint8_t kind = walker->tree->nodes[node].kind;
	if ((kind != SYNTAX_STRING && kind != SYNTAX_STRINGS && kind != SYNTAX_IDENTIFIER &&
		    kind != SYNTAX_PARENTHESES && kind != SYNTAX_BINARY) ||
		!evaluate_text(&evaluation, &code, 0, &chars)) {
		return false;
	}
	*ret = source_chars((struct scan_text){chars.p, chars.n}, 0, chars.n, walker->facts->arena);
	return true;
}

/* ---- commands ---- */

static void use_cell(struct facts *facts, uint32_t cell)
{
	struct install_sink *sink = &facts->installs->sink;
	if (sink->cell != &facts->cells[cell]) {
		sink->cell = &facts->cells[cell];
		sink->cursor = (struct source_cursor){.source = sink->cell->source};
		sink->end_cursor = sink->cursor;
	}
}

static void note_requests(struct facts *facts, struct mark order, uint32_t function)
{
	struct installs *installs = facts->installs;
	while (installs->notes.n < installs->sink.requests.n) {
		*vec_push(facts->arena, &installs->notes) =
			(struct calls_note){.order = order, .function = function};
	}
}

static void run_text(struct facts *facts, struct scan_text text, struct mark order,
	uint32_t function, const char *via, bool conditional)
{
	struct install_sink *sink = &facts->installs->sink;
	shell_commands commands = {0};
	use_cell(facts, order.cell);
	sink->via = str_from(via);
	sink->conditional = conditional;
	shell_parse(text, facts->arena, &commands);
	for (size_t i = 0; i < commands.n; i++) {
		install_command(&commands.p[i], sink);
	}
	note_requests(facts, order, function);
}

static void run_words(struct facts *facts, const shell_words *words, struct mark order,
	uint32_t function, bool conditional)
{
	struct install_sink *sink = &facts->installs->sink;
	struct shell_command command = {.words = words->p, .n = words->n};
	use_cell(facts, order.cell);
	sink->via = S("python-call");
	sink->conditional = conditional;
	install_command(&command, sink);
	note_requests(facts, order, function);
}

void calls_shell(struct walker *walker, const struct source_shell *shell)
{
	struct facts *facts = walker->facts;
	struct scan_text text = shell->text;
	struct evaluation evaluation = evaluation_by(walker, text.p[0].at);
	size_t n = 1;
	for (evaluation.round = 0; evaluation.round < n; evaluation.round++) {
		if (shell->expanding) {
			text = names_expand(&evaluation, shell->text);
			n = evaluation.rounds < ROUNDS_MAX ? evaluation.rounds : ROUNDS_MAX;
		}
		struct mark order = {walker->cell, shell->text.p[0].at};
		run_text(facts, text, order, walker->function, shell->via.p,
			walk_conditional(walker));
	}
}

/* ---- calls that install ---- */

enum form { FORM_NONE, FORM_PROGRAM, FORM_SHELL, FORM_PIP, FORM_NAMES };

/* Source: the Python library reference (subprocess, os), pip's entry points, piplite and micropip. */
static const struct {
	const char *path;
	enum form form;
	const char *manager;
} forms[] = {
	{"subprocess.run",              FORM_PROGRAM, ""        },
	{"subprocess.call",             FORM_PROGRAM, ""        },
	{"subprocess.check_call",       FORM_PROGRAM, ""        },
	{"subprocess.check_output",     FORM_PROGRAM, ""        },
	{"subprocess.Popen",            FORM_PROGRAM, ""        },
	{"subprocess.getoutput",        FORM_SHELL,   ""        },
	{"subprocess.getstatusoutput",  FORM_SHELL,   ""        },
	{"os.system",                   FORM_SHELL,   ""        },
	{"os.popen",                    FORM_SHELL,   ""        },
	{"pip.main",                    FORM_PIP,     ""        },
	{"pip._internal.main",          FORM_PIP,     ""        },
	{"pip._internal.main.main",     FORM_PIP,     ""        },
	{"pip._internal.cli.main.main", FORM_PIP,     ""        },
	{"piplite.install",             FORM_NAMES,   "piplite" },
	{"micropip.install",            FORM_NAMES,   "micropip"},
};

static size_t form_of(struct str path)
{
	size_t i = 0;
	size_t n = sizeof(forms) / sizeof(forms[0]);
	while (i < n && !str_eq(path, str_from(forms[i].path))) {
		i++;
	}
	return i;
}

static uint32_t keyword_value(const struct syntax *tree, uint32_t arguments, const char *keyword)
{
	for (uint32_t child = syntax_first(tree, arguments); child != SYNTAX_NO_NODE;
		child = syntax_next(tree, arguments, child)) {
		uint32_t name = tree->nodes[child].kind == SYNTAX_KEYWORD_ARGUMENT
					? syntax_child(tree, child, SYNTAX_FIELD_NAME)
					: SYNTAX_NO_NODE;
		if (name != SYNTAX_NO_NODE && str_eq(syntax_text(tree, name), str_from(keyword))) {
			return syntax_child(tree, child, SYNTAX_FIELD_VALUE);
		}
	}
	return SYNTAX_NO_NODE;
}

static uint32_t first_argument(const struct syntax *tree, uint32_t arguments, const char *keyword)
{
	uint32_t first = syntax_first(tree, arguments);
	if (first != SYNTAX_NO_NODE && tree->nodes[first].kind != SYNTAX_KEYWORD_ARGUMENT) {
		return first;
	}
	return keyword_value(tree, arguments, keyword);
}

static struct shell_word made_word(const char *text, uint32_t at)
{
	return (struct shell_word){

		.text = str_from(text),
		.at = at,
		.end = at,
		.plain = strlen(text),
		.redirect = S("")};
}

/* One round of the call: its words, or its shell text. */
static bool evaluate_call(struct evaluation *evaluation, const struct code *arguments, size_t form,
	shell_words *words, char_vec *text)
{
	struct facts *facts = evaluation->facts;
	const struct syntax *tree = arguments->tree;
	uint32_t first = first_argument(
		tree, arguments->node, forms[form].form == FORM_NAMES ? "requirements" : "args");
	if (first == SYNTAX_NO_NODE) {
		return false;
	}
	struct code code = *arguments;
	code.node = first;
	if (forms[form].form == FORM_PIP || forms[form].form == FORM_NAMES) {
		*vec_push(facts->arena, words) = made_word("pip", evaluation->at);
	}
	if (forms[form].form == FORM_NAMES) {
		*vec_push(facts->arena, words) = made_word("install", evaluation->at);
	}
	if (forms[form].form != FORM_SHELL && evaluate_words(evaluation, &code, 0, words)) {
		return true;
	}
	if (forms[form].form == FORM_PIP) {
		return false;
	}
	(void)evaluate_text(evaluation, &code, 0, text);
	if (forms[form].form == FORM_NAMES) {
		struct shell_word word = {
			.at = text->n > 0 ? text->p[0].at : evaluation->at, .plain = text->n};
		for (size_t i = text->n; i-- > 0;) {
			word.dynamic = word.dynamic || text->p[i].opaque;
			word.plain = text->p[i].opaque ? i : word.plain;
		}
		word.text = source_chars(
			(struct scan_text){text->p, text->n}, 0, text->n, facts->arena);
		*vec_push(facts->arena, words) = word;
		return true;
	}
	uint32_t shell = keyword_value(tree, arguments->node, "shell");
	return forms[form].form == FORM_SHELL ||
	       (shell != SYNTAX_NO_NODE && str_eq(syntax_text(tree, shell), S("True")));
}

static void install_call(struct evaluation *evaluation, const struct code *arguments, size_t form,
	struct mark order, uint32_t function, bool conditional)
{
	struct facts *facts = evaluation->facts;
	struct installs *installs = facts->installs;
	size_t n = 1;
	for (evaluation->round = 0; evaluation->round < n; evaluation->round++) {
		shell_words words = {0};
		char_vec text = {0};
		bool fine = evaluate_call(evaluation, arguments, form, &words, &text);
		if (evaluation->open && function != SCOPE_NONE && evaluation->call == NULL) {
			*vec_push(facts->arena, &installs->functions.p[function].installers) =
				(struct calls_installer){*arguments, form};
			return;
		}
		if (!fine) {
			return;
		}
		installs->sink.manager = str_from(forms[form].manager);
		if (words.n > 0) {
			run_words(facts, &words, order, function, conditional);
		} else {
			run_text(facts, (struct scan_text){text.p, text.n}, order, function,
				"python-call", conditional);
		}
		installs->sink.manager = S("");
		n = evaluation->rounds < ROUNDS_MAX ? evaluation->rounds : ROUNDS_MAX;
	}
}

/* ---- get_ipython().system("...") and its kin: what a notebook exported to a script holds ---- */

static void put_text(struct facts *facts, char_vec *text, const char_vec *more)
{
	for (size_t i = 0; i < more->n; i++) {
		*vec_push(facts->arena, text) = more->p[i];
	}
}

static struct str text_of(struct facts *facts, const char_vec *text)
{
	return source_chars((struct scan_text){text->p, text->n}, 0, text->n, facts->arena);
}

/* A line magic as text, its name first. */
static void magic_text(struct walker *walker, char_vec *text, struct mark order)
{
	static const char *const managers[] = {"pip", "uv", "conda", "mamba", "micromamba"};
	struct facts *facts = walker->facts;
	struct str all = str_trim_left(text_of(facts, text));
	struct str name = source_identifier(all);
	struct str rest = str_trim(str_skip(all, name.n));
	const char *via = "line-magic";
	struct source_shell shell = {.via = str_from(via), .expanding = true};
	for (size_t i = 0; i < sizeof(managers) / sizeof(managers[0]); i++) {
		if (str_eq(name, str_from(managers[i]))) {
			shell.text = (struct scan_text){text->p, text->n};
			calls_shell(walker, &shell);
			return;
		}
	}
	struct str argument = rest;
	(void)str_cut(argument, S(" "), &argument, &(struct str){0});
	if (str_eq(name, S("sx")) || str_eq(name, S("system"))) {
		shell.text = (struct scan_text){text->p + name.n, text->n - name.n};
		if (shell.text.n > 0) {
			calls_shell(walker, &shell);
		}
	} else if (str_eq(name, S("matplotlib")) && !str_starts(argument, S("-"))) {
		import_magic(facts, walker->module, S("matplotlib"), order);
	} else if (str_eq(name, S("load_ext")) && !str_eq(argument, S("autoreload")) &&
		   !str_eq(argument, S("storemagic"))) {
		import_magic(facts, walker->module, argument, order);
	}
}

static void ipython_call(
	struct walker *walker, uint32_t node, struct str method, uint32_t arguments)
{
	static const char *const shells[] = {
		"bash", "sh", "!", "sx", "system", "zsh", "shell", NULL};
	struct facts *facts = walker->facts;
	char_vec texts[3] = {{0}};
	size_t n = 0;
	for (uint32_t child = syntax_first(walker->tree, arguments); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, arguments, child)) {
		struct evaluation evaluation = evaluation_at(walker, child);
		struct code code = evaluate_here(walker, child);
		if (n == 3) {
			return;
		}
		(void)evaluate_text(&evaluation, &code, 0, &texts[n++]);
	}
	struct mark order = walk_mark(walker, node);
	struct source_shell shell = {.via = S("shell"), .expanding = true};
	bool system = str_eq(method, S("system")) || str_eq(method, S("getoutput"));
	if (n == 1 && system && texts[0].n > 0) {
		shell.text = (struct scan_text){texts[0].p, texts[0].n};
		calls_shell(walker, &shell);
	} else if (n == 1 && str_eq(method, S("magic"))) {
		size_t percent = texts[0].n > 0 && texts[0].p[0].c == '%';
		texts[0].p += percent;
		texts[0].n -= percent;
		magic_text(walker, &texts[0], order);
	} else if (n == 2 && str_eq(method, S("run_line_magic"))) {
		char_vec text = {0};
		put_text(facts, &text, &texts[0]);
		*vec_push(facts->arena, &text) = (struct scan_char){order.at, ' ', false};
		put_text(facts, &text, &texts[1]);
		magic_text(walker, &text, order);
	} else if (n == 3 && str_eq(method, S("run_cell_magic")) && texts[2].n > 0) {
		struct str name = text_of(facts, &texts[0]);
		size_t i = 0;
		while (shells[i] != NULL && !str_eq(name, str_from(shells[i]))) {
			i++;
		}
		if (shells[i] != NULL) {
			shell = (struct source_shell){
				.via = S("cell-magic"), .text = {texts[2].p, texts[2].n}
                        };
			calls_shell(walker, &shell);
		}
	}
}

/* ---- functions of the notebook ---- */

uint32_t calls_function(struct walker *walker, uint32_t node, struct binding *ret)
{
	struct facts *facts = walker->facts;
	struct installs *installs = facts->installs;
	const struct syntax *tree = walker->tree;
	uint32_t name = syntax_child(tree, node, SYNTAX_FIELD_NAME);
	uint32_t list = syntax_child(tree, node, SYNTAX_FIELD_PARAMETERS);
	if (name == SYNTAX_NO_NODE) { /* a lambda is where it stands */
		return walker->function;
	}
	struct calls_function *function = vec_push(facts->arena, &installs->functions);
	uint32_t id = (uint32_t)installs->functions.n - 1;
	function->name = walk_name(walker, name);
	for (uint32_t child = list == SYNTAX_NO_NODE ? SYNTAX_NO_NODE : syntax_first(tree, list);
		child != SYNTAX_NO_NODE; child = syntax_next(tree, list, child)) {
		uint32_t inner = syntax_child(tree, child, SYNTAX_FIELD_NAME);
		inner = inner != SYNTAX_NO_NODE                        ? inner
			: tree->nodes[child].kind == SYNTAX_IDENTIFIER ? child
			: syntax_first(tree, child) != SYNTAX_NO_NODE  ? syntax_first(tree, child)
								       : child;
		*vec_push(facts->arena, &function->parameters) = walk_name(walker, inner);
	}
	*ret = binding_of((struct value){.kind = VALUE_FUNCTION, .id = id});
	return id;
}

static void note_called(struct walker *walker, uint32_t node)
{
	struct installs *installs = walker->facts->installs;
	uint32_t function = syntax_child(walker->tree, node, SYNTAX_FIELD_FUNCTION);
	if (walker->tree->nodes[function].kind == SYNTAX_ATTRIBUTE) {
		function = syntax_child(walker->tree, function, SYNTAX_FIELD_ATTRIBUTE);
	}
	if (function == SYNTAX_NO_NODE || walker->tree->nodes[function].kind != SYNTAX_IDENTIFIER) {
		return;
	}
	uint32_t name = walk_name(walker, function);
	while (installs->called.n <= name) {
		*vec_push(walker->facts->arena, &installs->called) = false;
	}
	installs->called.p[name] = true;
}

/* install("x"): kept until it is known whether `install` installs. */
static void keep_call(
	struct walker *walker, uint32_t node, uint32_t arguments, uint32_t function, uint32_t name)
{
	struct facts *facts = walker->facts;
	struct installs *installs = facts->installs;
	if (installs->calls.n >= PENDING_MAX ||
		syntax_first(walker->tree, arguments) == SYNTAX_NO_NODE) {
		return;
	}
	struct calls_call *call = vec_push(facts->arena, &installs->calls);
	call->function = function;
	call->name = name;
	call->mark = walk_mark(walker, node);
	call->conditional = walk_conditional(walker);
	call->inside = walker->function;
	call->module = walker->module;
	for (uint32_t child = syntax_first(walker->tree, arguments); child != SYNTAX_NO_NODE;
		child = syntax_next(walker->tree, arguments, child)) {
		struct calls_argument argument = {
			.keyword = SCOPE_NONE, .code = evaluate_here(walker, child)};
		if (walker->tree->nodes[child].kind == SYNTAX_KEYWORD_ARGUMENT) {
			uint32_t key = syntax_child(walker->tree, child, SYNTAX_FIELD_NAME);
			uint32_t value = syntax_child(walker->tree, child, SYNTAX_FIELD_VALUE);
			if (key == SYNTAX_NO_NODE || value == SYNTAX_NO_NODE) {
				continue;
			}
			argument.keyword = walk_name(walker, key);
			argument.code.node = value;
		}
		if (walker->tree->nodes[argument.code.node].kind == SYNTAX_IDENTIFIER) {
			struct binding value =
				walk_lookup(walker, walk_name(walker, argument.code.node));
			if (value.n == 1 && value.values[0].kind == VALUE_LITERAL) {
				argument.code = installs->literals.p[value.values[0].id];
			}
		}
		*vec_push(facts->arena, &call->arguments) = argument;
	}
}

void calls_tell(struct walker *walker, uint32_t node, uint32_t arguments,
	const struct binding *callee, struct str path)
{
	size_t form = form_of(path);
	uint32_t function = syntax_child(walker->tree, node, SYNTAX_FIELD_FUNCTION);
	struct str text = syntax_text(walker->tree, function);
	note_called(walker, node);
	if (form < sizeof(forms) / sizeof(forms[0])) {
		struct evaluation evaluation = evaluation_at(walker, node);
		struct code code = evaluate_here(walker, arguments);
		install_call(&evaluation, &code, form, walk_mark(walker, node), walker->function,
			walk_conditional(walker));
	} else if (str_starts(text, S("get_ipython()."))) {
		ipython_call(walker, node, str_skip(text, strlen("get_ipython().")), arguments);
	} else if (callee->n == 1 && callee->values[0].kind == VALUE_FUNCTION) {
		keep_call(walker, node, arguments, callee->values[0].id, SCOPE_NONE);
	} else if (callee->n == 1 && callee->values[0].kind == VALUE_GLOBAL &&
		   str_find_char(path, '.') < 0 && path.n > 0) {
		keep_call(walker, node, arguments, SCOPE_NONE,
			intern_id(&walker->facts->names, path));
	} else if (str_eq(path, S("condacolab.install"))) {
		facts_diagnose(walker->facts, "info", "installs-conda", walk_mark(walker, node),
			S("this call puts conda into the running machine"));
	}
}

/* ---- keyword arguments worth keeping ---- */

static bool worth_keywords(struct str path)
{
	static const char *const exact[] = {"yaml.load", "yaml.load_all", "torch.load",
		"tarfile.open", "hashlib.md5", "hashlib.sha1", "hashlib.new", "numpy.load",
		"flask.Flask.run", "datasets.load_dataset", "joblib.load", "pandas.read_pickle"};
	static const char *const below[] = {
		"subprocess.", "requests.", "httpx.", "huggingface_hub.", "ssl."};
	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
		if (str_eq(path, str_from(exact[i]))) {
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		if (str_starts(path, str_from(below[i]))) {
			return true;
		}
	}
	return str_ends(path, S(".from_pretrained"));
}

static void add_json_text(struct buf *out, struct str text)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c == '"' || c == '\\' || c < 0x20) {
			buf_addf(out, "\\u%04x", (unsigned)c);
		} else {
			buf_byte(out, (char)c);
		}
	}
	buf_byte(out, '"');
}

/* A literal as JSON, a name or chain as its text; false for anything else. */
static bool add_literal(struct walker *walker, struct buf *out, uint32_t value)
{
	struct str text = syntax_text(walker->tree, value);
	struct str string;
	uint64_t number;
	switch (walker->tree->nodes[value].kind) {
	case SYNTAX_TRUE:
		buf_add(out, S("true"));
		return true;
	case SYNTAX_FALSE:
		buf_add(out, S("false"));
		return true;
	case SYNTAX_NONE:
		buf_add(out, S("null"));
		return true;
	case SYNTAX_INTEGER:
		if (!str_to_u64(text, &number) || number > INT32_MAX) {
			return false;
		}
		buf_addf(out, "%d", (int)number);
		return true;
	case SYNTAX_STRING:
		if (!calls_plain_string(walker, value, &string) || !str_is_utf8(string) ||
			string.n > 200) {
			return false;
		}
		string = install_masked(string, walker->facts->arena);
		add_json_text(out, string);
		return true;
	case SYNTAX_IDENTIFIER:
	case SYNTAX_ATTRIBUTE: /* Loader=yaml.SafeLoader */
		if (!str_is_utf8(text) || text.n > 200) {
			return false;
		}
		add_json_text(out, text);
		return true;
	default:
		return false;
	}
}

uint32_t calls_keywords(struct walker *walker, struct str path, uint32_t arguments)
{
	AUTO(buf_done) struct buf out = {0};
	const struct syntax *tree = walker->tree;
	if (!worth_keywords(path)) {
		return 0;
	}
	for (uint32_t child = syntax_first(tree, arguments); child != SYNTAX_NO_NODE;
		child = syntax_next(tree, arguments, child)) {
		uint32_t name = tree->nodes[child].kind == SYNTAX_KEYWORD_ARGUMENT
					? syntax_child(tree, child, SYNTAX_FIELD_NAME)
					: SYNTAX_NO_NODE;
		uint32_t value = name == SYNTAX_NO_NODE
					 ? SYNTAX_NO_NODE
					 : syntax_child(tree, child, SYNTAX_FIELD_VALUE);
		size_t before = out.n;
		if (value == SYNTAX_NO_NODE || !str_is_utf8(syntax_text(tree, name))) {
			continue;
		}
		buf_add(&out, before == 0 ? S("{") : S(","));
		add_json_text(&out, syntax_text(tree, name));
		buf_byte(&out, ':');
		if (!add_literal(walker, &out, value)) {
			out.n = before;
		}
	}
	if (out.n == 0) {
		return 0;
	}
	buf_byte(&out, '}');
	struct facts *facts = walker->facts;
	*vec_push(facts->arena, &facts->keywords) = arena_str(facts->arena, buf_str(&out));
	return (uint32_t)facts->keywords.n;
}

/* ---- when all is read ---- */

static uint32_t function_called(const struct installs *installs, const struct calls_call *call)
{
	if (call->function != SCOPE_NONE) {
		return call->function;
	}
	uint32_t index = scope_find(call->module, call->name);
	if (index == SCOPE_NONE) {
		return SCOPE_NONE;
	}
	const struct binding *all = &call->module->variables.p[index].all;
	bool one = all->n == 1 && all->values[0].kind == VALUE_FUNCTION;
	return one && all->values[0].id < installs->functions.n ? all->values[0].id : SCOPE_NONE;
}

void calls_finish(struct facts *facts)
{
	struct installs *installs = facts->installs;
	for (size_t i = 0; i < installs->calls.n; i++) {
		const struct calls_call *call = &installs->calls.p[i];
		uint32_t id = function_called(installs, call);
		if (id == SCOPE_NONE) {
			continue;
		}
		const struct calls_function *function = &installs->functions.p[id];
		for (size_t k = 0; k < function->installers.n; k++) {
			const struct calls_installer *installer = &function->installers.p[k];
			struct evaluation evaluation = {.facts = facts,
				.module = call->module,
				.function = function,
				.call = call,
				.cell = call->mark.cell,
				.at = call->mark.at};
			install_call(&evaluation, &installer->arguments, installer->form,
				call->mark, call->inside, call->conditional);
		}
	}
}
