#include "staticscan/catalog.h"
#include "packaging/name.h"
#include "common/banned.h"

struct stdlib_row {
	struct str name;
	int first, last; /* minor versions of Python 3; 2 and 2: Python 2 alone */
	bool builtin;    /* found before any file */
};
struct module_row {
	struct str module;
	struct str distributions; /* best first, with blanks between */
};
#include "tables.h"

static const char *const builtin_names[] = {"ArithmeticError", "AssertionError", "AttributeError",
	"BaseException", "BaseExceptionGroup", "BlockingIOError", "BrokenPipeError", "BufferError",
	"BytesWarning", "ChildProcessError", "ConnectionAbortedError", "ConnectionError",
	"ConnectionRefusedError", "ConnectionResetError", "DeprecationWarning", "EOFError",
	"Ellipsis", "EncodingWarning", "EnvironmentError", "Exception", "ExceptionGroup", "False",
	"FileExistsError", "FileNotFoundError", "FloatingPointError", "FutureWarning",
	"GeneratorExit", "IOError", "ImportError", "ImportWarning", "IndentationError",
	"IndexError", "InterruptedError", "IsADirectoryError", "KeyError", "KeyboardInterrupt",
	"LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "None",
	"NotADirectoryError", "NotImplemented", "NotImplementedError", "OSError", "OverflowError",
	"PendingDeprecationWarning", "PermissionError", "ProcessLookupError",
	"PythonFinalizationError", "RecursionError", "ReferenceError", "ResourceWarning",
	"RuntimeError", "RuntimeWarning", "StopAsyncIteration", "StopIteration", "SyntaxError",
	"SyntaxWarning", "SystemError", "SystemExit", "TabError", "TimeoutError", "True",
	"TypeError", "UnboundLocalError", "UnicodeDecodeError", "UnicodeEncodeError",
	"UnicodeError", "UnicodeTranslateError", "UnicodeWarning", "UserWarning", "ValueError",
	"Warning", "ZeroDivisionError", "__build_class__", "__debug__", "__import__", "abs",
	"aiter", "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes",
	"callable", "chr", "classmethod", "compile", "complex", "copyright", "credits", "delattr",
	"dict", "dir", "divmod", "enumerate", "eval", "exec", "exit", "filter", "float", "format",
	"frozenset", "getattr", "globals", "hasattr", "hash", "help", "hex", "id", "input", "int",
	"isinstance", "issubclass", "iter", "len", "license", "list", "locals", "map", "max",
	"memoryview", "min", "next", "object", "oct", "open", "ord", "pow", "print", "property",
	"quit", "range", "repr", "reversed", "round", "set", "setattr", "slice", "sorted",
	"staticmethod", "str", "sum", "super", "tuple", "type", "vars", "zip"};

static const char *const ambient_names[] = {"In", "Out", "_", "__", "___", "__builtins__",
	"__doc__", "__file__", "__loader__", "__name__", "__package__", "__spec__", "_dh", "_i",
	"_ih", "_ii", "_iii", "_oh", "display", "get_ipython"};

static const char *const incidental_names[] = {"benchmark", "benchmarks", "build", "conftest",
	"dist", "doc", "docs", "example", "examples", "scripts", "setup", "src", "test", "testing",
	"tests", "tools"};

static const char *const platform_names[] = {"google.colab", "js", "kaggle_secrets",
	"kaggle_web_client", "micropip", "piplite", "pyodide", "pyodide_js"};

static bool is_in(struct str name, const char *const *names, size_t n)
{
	size_t low = 0;
	while (low < n) {
		size_t middle = low + (n - low) / 2;
		int order = str_cmp(name, str_from(names[middle]));
		if (order == 0) {
			return true;
		}
		if (order < 0) {
			n = middle;
		} else {
			low = middle + 1;
		}
	}
	return false;
}
#define IS_IN(name, names) is_in((name), (names), sizeof(names) / sizeof((names)[0]))

bool catalog_is_builtin(struct str name)
{
	return IS_IN(name, builtin_names);
}

bool catalog_is_ambient(struct str name)
{
	return IS_IN(name, ambient_names);
}

static struct str root_of(struct str module)
{
	struct str root = module;
	(void)str_cut(root, S("."), &root, &(struct str){0});
	return root;
}

bool catalog_is_incidental(struct str module)
{
	return IS_IN(root_of(module), incidental_names);
}

int catalog_minor(struct str python)
{
	struct str minor;
	uint64_t number;
	if (!str_cut(python, S("."), &python, &minor) || !str_eq(python, S("3"))) {
		return CATALOG_MINOR_MAX;
	}
	(void)str_cut(minor, S("."), &minor, &(struct str){0});
	size_t n = 0;
	while (n < minor.n && char_is_digit(minor.p[n])) {
		n++;
	}
	return str_to_u64(str_slice(minor, 0, n), &number) && number < 1000 ? (int)number
									    : CATALOG_MINOR_MAX;
}

static const struct stdlib_row *stdlib_row(struct str name)
{
	size_t low = 0;
	size_t high = sizeof(stdlib_rows) / sizeof(stdlib_rows[0]);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(name, stdlib_rows[middle].name);
		if (order == 0) {
			return &stdlib_rows[middle];
		}
		if (order < 0) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return NULL;
}

enum scan_class catalog_class(
	int minor, struct str module, int level, const struct str *local, size_t n_local)
{
	struct str root = root_of(module);
	if (str_eq(module, S("__future__"))) {
		return SCAN_FUTURE;
	}
	if (level > 0) {
		return SCAN_RELATIVE;
	}
	int clamped = minor < CATALOG_MINOR_MIN   ? CATALOG_MINOR_MIN
		      : minor > CATALOG_MINOR_MAX ? CATALOG_MINOR_MAX
						  : minor;
	const struct stdlib_row *row = stdlib_row(root);
	bool here = row != NULL && row->first <= clamped && clamped <= row->last;
	if (here && row->builtin) {
		return SCAN_STDLIB;
	}
	for (size_t i = 0; i < n_local; i++) {
		if (str_eq(root, local[i])) {
			return SCAN_LOCAL;
		}
	}
	return here ? SCAN_STDLIB : row != NULL ? SCAN_OTHER_PYTHON : SCAN_THIRD_PARTY;
}

/* ---- which distribution ---- */

static const struct module_row *module_row(struct str module)
{
	size_t low = 0;
	size_t high = sizeof(module_rows) / sizeof(module_rows[0]);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(module, module_rows[middle].module);
		if (order == 0) {
			return &module_rows[middle];
		}
		if (order < 0) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return NULL;
}

/* The row of the longest prefix, NULL for none. */
static const struct module_row *longest_row(struct str module)
{
	const struct module_row *row = module_row(module);
	while (row == NULL) {
		ptrdiff_t dot = str_find_last_char(module, '.');
		if (dot < 0) {
			return NULL;
		}
		module = str_slice(module, 0, (size_t)dot);
		row = module_row(module);
	}
	return row;
}

size_t catalog_parts(struct str module)
{
	const struct module_row *row = longest_row(module);
	size_t n = row != NULL;
	for (size_t i = 0; row != NULL && i < row->module.n; i++) {
		n += row->module.p[i] == '.';
	}
	return n;
}

bool catalog_is_platform(struct str module)
{
	for (size_t i = 0; i < sizeof(platform_names) / sizeof(platform_names[0]); i++) {
		struct str name = str_from(platform_names[i]);
		if (str_starts(module, name) && (module.n == name.n || module.p[name.n] == '.')) {
			return true;
		}
	}
	return false;
}

size_t catalog_distributions(struct str module, struct str *ret, size_t max)
{
	const struct module_row *row = longest_row(module);
	if (row == NULL) {
		return 0;
	}
	size_t n = 0;
	struct str rest = row->distributions;
	while (rest.n > 0 && n < max) {
		struct str one = rest;
		if (!str_cut(rest, S(" "), &one, &rest)) {
			rest = S("");
		}
		ret[n++] = one;
	}
	return n;
}

size_t catalog_import_distributions(
	const struct scan_import *import, struct arena *arena, struct str *ret, size_t max)
{
	bool from = str_eq(import->kind, S("from")) && import->n_names > 0;
	size_t n = 0;
	for (size_t i = 0; i < import->n_names || (i == 0 && !from); i++) {
		struct str some[8];
		struct str module =
			!from ? import->module
			      : arena_printf(arena, STR_FMT "." STR_FMT, STR_ARG(import->module),
					STR_ARG(import->names[i].name));
		size_t found = catalog_distributions(module, some, 8);
		for (size_t k = 0; k < found && n < max; k++) {
			bool known = false;
			for (size_t j = 0; j < n; j++) {
				known = known || str_eq(ret[j], some[k]);
			}
			if (!known) {
				ret[n++] = some[k];
			}
		}
		if (!from) {
			break;
		}
	}
	return n;
}

/* Do rows of the table begin with "root."? */
static bool is_namespace(struct str root)
{
	size_t low = 0;
	size_t high = sizeof(module_rows) / sizeof(module_rows[0]);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (str_cmp(module_rows[middle].module, root) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	for (; low < sizeof(module_rows) / sizeof(module_rows[0]); low++) {
		struct str module = module_rows[low].module;
		if (!str_starts(module, root)) {
			return false;
		}
		if (module.n > root.n && module.p[root.n] == '.') {
			return true;
		}
	}
	return false;
}

struct str catalog_guess(struct str module, struct arena *arena)
{
	struct str root = root_of(module);
	size_t n = root.n;
	for (int part = 1; is_namespace(root) && part < 3 && n < module.n; part++) {
		struct str rest = root_of(str_skip(module, n + 1));
		n += 1 + rest.n;
	}
	struct str name = str_slice(module, 0, n);
	return name_is_valid(name) ? name_normal(name, arena) : S("");
}
