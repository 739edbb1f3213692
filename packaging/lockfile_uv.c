#include "common/intern.h"
#include "packaging/export.h"
#include "packaging/lockfile_made.h"
#include "packaging/marker.h"
#include "packaging/name.h"
#include "common/banned.h"

/*
 * uv.lock is a graph: packages with their dependencies, each edge with a marker, and the project itself
 * among them. Which packages count, and when, is found by walking from the project: a package is needed
 * where one of the ways to it holds, and a way holds where all its markers do.
 */
enum {
	WAYS_MAX = 16, /* alternatives kept for a package; with more it is taken always */
	WAY_MAX = 12, /* markers of one way; a longer one is cut, which takes the package oftener */
	STEPS_MAX = 400000,
};

/* The markers of a way, as sorted ids of their texts; none: it always holds. */
struct way {
	uint32_t ids[WAY_MAX];
	size_t n;
};

struct node {
	const struct tree *table;
	struct str name, version;
	struct way ways[WAYS_MAX];
	size_t n_ways;
	bool queued;
	bool direct;            /* the project itself asks for it */
	VEC(struct str) extras; /* asked of it, in normal form */
};

struct graph {
	struct lockfile_made *made;
	struct intern names, markers;
	VEC(struct node) nodes;
	VEC(uint32_t) first; /* name id -> its first node + 1 */
	VEC(size_t) queue;
	size_t steps;
};

/* ---- ways ---- */

static bool holds_all(const struct way *larger, const struct way *smaller)
{
	size_t i = 0;
	for (size_t k = 0; k < smaller->n; k++) {
		while (i < larger->n && larger->ids[i] < smaller->ids[k]) {
			i++;
		}
		if (i == larger->n || larger->ids[i] != smaller->ids[k]) {
			return false;
		}
	}
	return true;
}

static void way_add(struct way *way, uint32_t id)
{
	size_t at = 0;
	while (at < way->n && way->ids[at] < id) {
		at++;
	}
	if (way->n == WAY_MAX || (at < way->n && way->ids[at] == id)) {
		return;
	}
	memmove(&way->ids[at + 1], &way->ids[at], (way->n - at) * sizeof(way->ids[0]));
	way->ids[at] = id;
	way->n++;
}

/* True when it says something new. */
static bool node_reach(struct node *node, const struct way *way)
{
	for (size_t i = 0; i < node->n_ways; i++) {
		if (holds_all(way, &node->ways[i])) {
			return false;
		}
	}
	size_t kept = 0;
	for (size_t i = 0; i < node->n_ways; i++) {
		if (!holds_all(&node->ways[i], way)) {
			node->ways[kept++] = node->ways[i];
		}
	}
	if (kept == WAYS_MAX) {
		node->ways[0] = (struct way){0};
		node->n_ways = 1;
		return true;
	}
	node->ways[kept] = *way;
	node->n_ways = kept + 1;
	return true;
}

static struct str node_marker(const struct graph *graph, const struct node *node)
{
	struct arena *arena = graph->made->arena;
	struct str all = S("");
	for (size_t i = 0; i < node->n_ways; i++) {
		struct str one = S("");
		for (size_t k = 0; k < node->ways[i].n; k++) {
			struct str marker = intern_str(&graph->markers, node->ways[i].ids[k]);
			one = lockfile_join(one, "and", arena_str(arena, marker), arena);
		}
		if (one.n == 0) {
			return S("");
		}
		all = lockfile_join(all, "or", one, arena);
	}
	return all;
}

/* ---- the graph ---- */

static struct node *find_node(struct graph *graph, struct str name, struct str version)
{
	uint32_t id = intern_find(&graph->names, name_normal(name, graph->made->arena));
	if (id >= graph->first.n) {
		return NULL;
	}
	for (size_t i = graph->first.p[id] - 1; i < graph->nodes.n; i++) {
		struct node *node = &graph->nodes.p[i];
		graph->steps++;
		if (intern_find(&graph->names, node->name) != id) {
			break; /* packages of one name stand together */
		}
		if (version.n == 0 || str_eq(node->version, version)) {
			return node;
		}
	}
	return NULL;
}

static bool add_node(struct graph *graph, const struct tree *table)
{
	struct lockfile_made *made = graph->made;
	struct str name = tree_text(table, S("name"));
	if (table->kind != TREE_TABLE || !name_is_valid(name)) {
		made->err->line = table->line;
		made->err->column = table->column;
		return err_set(made->err, ERR_INPUT, "a package without a valid name");
	}
	if (graph->nodes.n == LOCKFILE_PACKAGES_MAX) {
		made->err->line = table->line;
		return err_set(made->err, ERR_LIMIT, "more packages than any lock file has");
	}
	struct node *node = vec_push(made->arena, &graph->nodes);
	node->table = table;
	node->name = name_normal(name, made->arena);
	node->version = tree_text(table, S("version"));
	uint32_t before = graph->names.n;
	if (intern_id(&graph->names, node->name) == before) {
		*vec_push(made->arena, &graph->first) = (uint32_t)graph->nodes.n;
	}
	return true;
}

static bool has_extra(const struct node *node, struct str extra)
{
	for (size_t i = 0; i < node->extras.n; i++) {
		if (str_eq(node->extras.p[i], extra)) {
			return true;
		}
	}
	return false;
}

static bool ask_extras(struct graph *graph, struct node *node, const struct tree *extras)
{
	bool more = false;
	for (size_t i = 0; extras != NULL && i < extras->n && i < 100; i++) {
		struct str extra = name_normal(extras->items[i].text, graph->made->arena);
		if (!has_extra(node, extra)) {
			*vec_push(graph->made->arena, &node->extras) = extra;
			more = true;
		}
	}
	return more;
}

/* One {name = "...", marker = "...", extra = [...]} from a package that is needed by these ways. */
static void follow(struct graph *graph, const struct node *from, const struct tree *edge)
{
	struct node *to =
		find_node(graph, tree_text(edge, S("name")), tree_text(edge, S("version")));
	struct str marker = tree_text(edge, S("marker"));
	if (to == NULL) {
		return;
	}
	bool more = ask_extras(graph, to, tree_get(edge, S("extra")));
	for (size_t i = 0; i < from->n_ways; i++) {
		struct way way = from->ways[i];
		if (marker.n > 0) {
			way_add(&way, intern_id(&graph->markers, marker));
		}
		more = node_reach(to, &way) || more;
	}
	if (more && !to->queued) {
		to->queued = true;
		*vec_push(graph->made->arena, &graph->queue) = (size_t)(to - graph->nodes.p);
	}
}

static void follow_all(struct graph *graph, const struct node *from, const struct tree *edges)
{
	for (size_t i = 0; edges != NULL && i < edges->n; i++) {
		graph->steps++;
		follow(graph, from, &edges->items[i]);
	}
}

static bool walk(struct graph *graph)
{
	for (size_t i = 0; i < graph->queue.n; i++) {
		struct node *node = &graph->nodes.p[graph->queue.p[i]];
		struct node from = *node;
		node->queued = false;
		follow_all(graph, &from, tree_get(from.table, S("dependencies")));
		const struct tree *optional = tree_get(from.table, S("optional-dependencies"));
		for (size_t k = 0; k < from.extras.n; k++) {
			follow_all(graph, &from, tree_get(optional, from.extras.p[k]));
		}
		if (graph->steps > STEPS_MAX) {
			return err_set(graph->made->err, ERR_LIMIT,
				"more dependencies than any uv.lock has");
		}
	}
	return true;
}

/* ---- the project ---- */

/* A package that the lock was made for: no index serves it. */
static bool is_root(const struct tree *table)
{
	const struct tree *source = tree_get(table, S("source"));
	return tree_get(source, S("virtual")) != NULL || tree_get(source, S("editable")) != NULL;
}

/* The versions that the project declares for a name; the edges do not repeat them. */
static struct str specifier_of(const struct node *root, struct str name, struct str group)
{
	const struct tree *metadata = tree_get(root->table, S("metadata"));
	const struct tree *lists[] = {tree_get(metadata, S("requires-dist")),
		tree_get(tree_get(metadata, S("requires-dev")), group)};
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; lists[i] != NULL && k < lists[i]->n && k < 1000; k++) {
			if (str_eq(tree_text(&lists[i]->items[k], S("name")), name)) {
				return tree_text(&lists[i]->items[k], S("specifier"));
			}
		}
	}
	return S("");
}

/* An edge of the project as a requirement. */
static void require(
	struct graph *graph, const struct node *root, const struct tree *edge, struct str group)
{
	AUTO(buf_done) struct buf text = {0};
	struct arena *arena = graph->made->arena;
	struct str name = tree_text(edge, S("name"));
	struct str marker = tree_text(edge, S("marker"));
	const struct tree *extras = tree_get(edge, S("extra"));
	struct node *to = find_node(graph, name, tree_text(edge, S("version")));
	const struct tree *source = to == NULL ? NULL : tree_get(to->table, S("source"));
	if (to == NULL || is_root(to->table) || tree_get(source, S("registry")) == NULL) {
		return; /* a member of the workspace, or by address (put_other) */
	}
	buf_add(&text, name);
	for (size_t i = 0; extras != NULL && i < extras->n; i++) {
		buf_add(&text, i == 0 ? S("[") : S(","));
		buf_add(&text, extras->items[i].text);
	}
	buf_add(&text, extras != NULL && extras->n > 0 ? S("]") : S(""));
	buf_add(&text, tree_get(edge, S("specifier")) != NULL ? tree_text(edge, S("specifier"))
							      : specifier_of(root, name, group));
	to->direct = true;
	if (marker.n > 0) {
		buf_add(&text, S("; "));
		buf_add(&text, marker);
	}
	*vec_push(arena, &graph->made->declared.items) =
		(struct declared_item){.text = arena_str(arena, buf_str(&text)),
			.name = name,
			.group = group,
			.line = edge->line,
			.column = edge->column};
}

static void require_all(
	struct graph *graph, struct node *root, const struct tree *edges, struct str group)
{
	for (size_t i = 0; edges != NULL && i < edges->n && i < LOCKFILE_PACKAGES_MAX; i++) {
		require(graph, root, &edges->items[i], group);
	}
	follow_all(graph, root, edges);
}

static const struct tree *by_name(const struct tree *table, struct str name, struct arena *arena)
{
	for (size_t i = 0; table != NULL && i < table->n && i < 1000; i++) {
		if (str_eq(name_normal(table->items[i].key, arena), name_normal(name, arena))) {
			return &table->items[i];
		}
	}
	return NULL;
}

static void start(struct graph *graph, struct node *root)
{
	const struct declared_choice *choice = graph->made->choice;
	struct arena *arena = graph->made->arena;
	const struct tree *optional = tree_get(root->table, S("optional-dependencies"));
	const struct tree *groups = tree_get(root->table, S("dev-dependencies"));
	struct way always = {0};
	node_reach(root, &always);
	require_all(graph, root, tree_get(root->table, S("dependencies")), S(""));
	for (size_t i = 0; i < choice->n_extras; i++) {
		const struct tree *list = by_name(optional, choice->extras[i], arena);
		require_all(graph, root, list, choice->extras[i]);
	}
	for (size_t i = 0; i < choice->n_groups; i++) {
		const struct tree *list = by_name(groups, choice->groups[i], arena);
		require_all(graph, root, list, choice->groups[i]);
	}
	if (choice->dev) {
		require_all(graph, root, by_name(groups, S("dev"), arena), S("dev"));
	}
}

/* Lock of a script: what it asks for stands in [manifest]. */
static void start_manifest(struct graph *graph, const struct tree *tree)
{
	const struct tree *manifest = tree_get(tree, S("manifest"));
	struct node *script = arena_new(graph->made->arena, struct node);
	struct way always = {0};
	node_reach(script, &always);
	require_all(graph, script, tree_get(manifest, S("requirements")), S(""));
}

/* ---- packages ---- */

static struct locked_file file_of(const struct tree *table)
{
	struct locked_file made = {.size = -1, .upload_ms = -1};
	const struct tree *size = tree_get(table, S("size"));
	made.url = tree_text(table, S("url"));
	size_t n = 0;
	while (n < made.url.n && made.url.p[n] != '?' && made.url.p[n] != '#') {
		n++;
	}
	struct str path = str_slice(made.url, 0, n);
	made.filename = str_skip(path, (size_t)(str_find_last_char(path, '/') + 1));
	(void)lockfile_sha256(tree_text(table, S("hash")), &made.sha256);
	made.size = size != NULL && size->kind == TREE_INTEGER ? size->integer : -1;
	return made;
}

static void put_files(struct graph *graph, const struct tree *table, struct locked_package *ret)
{
	VEC(struct locked_file) files = {0};
	struct arena *arena = graph->made->arena;
	const struct tree *wheels = tree_get(table, S("wheels"));
	const struct tree *sdist = tree_get(table, S("sdist"));
	for (size_t i = 0; wheels != NULL && i < wheels->n; i++) {
		*vec_push(arena, &files) = file_of(&wheels->items[i]);
	}
	if (sdist != NULL) {
		*vec_push(arena, &files) = file_of(sdist);
	}
	ret->files = files.p;
	ret->n_files = files.n;
}

/* Not of an index: an address, a checkout or a folder. */
static void put_other(struct graph *graph, const struct node *node)
{
	static const struct str kinds[] = {
		STR_INIT("git"), STR_INIT("url"), STR_INIT("path"), STR_INIT("directory")};
	const struct tree *source = tree_get(node->table, S("source"));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct str where = tree_text(source, kinds[i]);
		if (where.n > 0) {
			struct str location = arena_printf(graph->made->arena, "%s" STR_FMT,
				i == 0   ? "git+"
				: i == 1 ? ""
					 : "file:",
				STR_ARG(where));
			lockfile_other(graph->made, node->table, node->name, location,
				node_marker(graph, node));
			return;
		}
	}
}

static bool put_package(struct graph *graph, const struct node *node)
{
	struct lockfile_made *made = graph->made;
	const struct tree *source = tree_get(node->table, S("source"));
	struct str registry = tree_text(source, S("registry"));
	struct locked_package package = {.index = registry};
	if (node->n_ways == 0 || is_root(node->table)) {
		return true;
	}
	if (registry.n == 0) {
		put_other(graph, node);
		return true;
	}
	if (!lockfile_identity(made, node->table, node->name, node->version, &package)) {
		return false;
	}
	package.marker = node_marker(graph, node);
	if (!export_is_plain(package.marker)) {
		made->err->line = node->table->line;
		return err_set(made->err, ERR_INPUT, "expected markers in printable ASCII");
	}
	package.direct = node->direct;
	put_files(graph, node->table, &package);
	*vec_push(made->arena, &made->packages) = package;
	*vec_push(made->arena, &made->lines) = node->table->line;
	return true;
}

static bool read_graph(struct graph *graph, const struct tree *tree, const struct tree *packages)
{
	for (size_t i = 0; packages != NULL && i < packages->n; i++) {
		if (!add_node(graph, &packages->items[i])) {
			return false;
		}
	}
	for (size_t i = 0; i < graph->nodes.n; i++) {
		if (is_root(graph->nodes.p[i].table)) {
			start(graph, &graph->nodes.p[i]);
		}
	}
	start_manifest(graph, tree);
	if (!walk(graph)) {
		return false;
	}
	for (size_t i = 0; i < graph->nodes.n; i++) {
		if (!put_package(graph, &graph->nodes.p[i])) {
			return false;
		}
	}
	return true;
}

bool lockfile_read_uv(struct lockfile_made *made, const struct tree *tree)
{
	const struct tree *version, *packages, *python;
	if (!tree_member(tree, S("version"), TREE_INTEGER, &version, made->err) ||
		!tree_member(tree, S("package"), TREE_ARRAY, &packages, made->err) ||
		!tree_member(tree, S("requires-python"), TREE_STRING, &python, made->err)) {
		return false;
	}
	if (version == NULL || version->integer != 1) {
		made->err->line = version == NULL ? tree->line : version->line;
		return err_set(made->err, ERR_INPUT, "no uv.lock of version 1");
	}
	made->declared.python = python != NULL ? python->text : S("");
	struct graph graph = {.made = made};
	bool fine = read_graph(&graph, tree, packages);
	intern_done(&graph.names);
	intern_done(&graph.markers);
	return fine;
}
