#include "environment/environment.h"
#include <gnu/libc-version.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "common/fs.h"
#include "common/hash.h"
#include "common/jsonread.h"
#include "common/proc.h"
#include "common/banned.h"

enum { ANSWER_MAX = 64 << 10, VERSION = 1 };

/*
 * What the interpreter is asked. It must run on Python 2.7 and every 3.x, and prints one line after
 * a mark, since start-up files of an environment may print too. The marker variables are those of
 * PEP 508; implementation_version is spelled as the PEP's own example function does.
 */
static const char question[] =
	"import json, os, platform, sys, sysconfig\n"
	"impl = getattr(sys, 'implementation', None)\n"
	"def full(v):\n"
	"    text = '%d.%d.%d' % (v[0], v[1], v[2])\n"
	"    return text if v[3] == 'final' else text + v[3][0] + str(v[4])\n"
	"def libc():\n"
	"    try:\n"
	"        name, version = os.confstr('CS_GNU_LIBC_VERSION').split()\n"
	"        return name, version\n"
	"    except Exception:\n"
	"        pass\n"
	"    import glob, subprocess\n"
	"    for loader in glob.glob('/lib/ld-musl-*.so.1'):\n"
	"        child = subprocess.Popen([loader], stderr=subprocess.PIPE)\n"
	"        said = child.communicate()[1].decode('ascii', 'replace').split()\n"
	"        if 'Version' in said[:-1]:\n"
	"            return 'musl', said[said.index('Version') + 1]\n"
	"    return '', ''\n"
	"plat = sysconfig.get_platform()\n"
	"if sys.maxsize <= 2 ** 32:\n"
	"    plat = {'linux-x86_64': 'linux-i686', 'linux-aarch64': 'linux-armv7l'}.get(plat, "
	"plat)\n"
	"c = libc() if plat.startswith('linux') else ('', platform.mac_ver()[0])\n"
	"answer = {\n"
	" 'os_name': os.name, 'sys_platform': sys.platform,\n"
	" 'platform_machine': platform.machine(), 'platform_system': platform.system(),\n"
	" 'platform_release': platform.release(), 'platform_version': platform.version(),\n"
	" 'platform_python_implementation': platform.python_implementation(),\n"
	" 'implementation_name': impl.name if impl else '',\n"
	" 'python_version': '.'.join(platform.python_version_tuple()[:2]),\n"
	" 'python_full_version': platform.python_version().replace('+', '+local'),\n"
	" 'implementation_version': full(impl.version) if impl else '0',\n"
	" 'platform_tag': plat, 'libc': c[0], 'os_version': c[1],\n"
	" 'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED')),\n"
	" 'executable': sys.executable, 'prefix': sys.prefix,\n"
	" 'base_prefix': getattr(sys, 'base_prefix', sys.prefix),\n"
	" 'purelib': sysconfig.get_path('purelib'), 'platlib': sysconfig.get_path('platlib'),\n"
	" 'externally_managed': sys.prefix == getattr(sys, 'base_prefix', sys.prefix) and\n"
	"  os.path.exists(os.path.join(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED')),\n"
	"}\n"
	"print('thoth-python:' + json.dumps(answer))\n";

struct answer {
	struct environment environment;
	struct python_paths paths;
	struct str platform_tag, os_version;
};

struct str python_find(struct str name, struct arena *arena)
{
	if (str_find_char(name, '/') >= 0) {
		return arena_str(arena, name);
	}
	struct str rest = str_from(getenv("PATH"));
	while (name.n > 0 && rest.n > 0) {
		struct str folder = rest;
		if (!str_cut(rest, S(":"), &folder, &rest)) {
			rest = S("");
		}
		if (folder.n == 0 || folder.p[0] != '/') {
			continue; /* the current folder is never searched */
		}
		struct str path = fs_join(arena, folder, name);
		struct stat st;
		if (stat(path.p, &st) == 0 && S_ISREG(st.st_mode) && access(path.p, X_OK) == 0) {
			return path;
		}
	}
	return S("");
}

/* The members of the answer and where they go. */
static const struct {
	struct str key;
	size_t offset;
} members[] = {
#define FIELD(key, place)                                                                          \
	{                                                                                          \
		STR_INIT(key), offsetof(struct answer, place)                                      \
	}
	FIELD("os_name", environment.os_name),
	FIELD("sys_platform", environment.sys_platform),
	FIELD("platform_machine", environment.platform_machine),
	FIELD("platform_system", environment.platform_system),
	FIELD("platform_release", environment.platform_release),
	FIELD("platform_version", environment.platform_version),
	FIELD("platform_python_implementation", environment.platform_python_implementation),
	FIELD("implementation_name", environment.implementation_name),
	FIELD("python_version", environment.python_version),
	FIELD("python_full_version", environment.python_full_version),
	FIELD("implementation_version", environment.implementation_version),
	FIELD("platform_tag", platform_tag),
	FIELD("libc", environment.libc),
	FIELD("os_version", os_version),
	FIELD("executable", paths.executable),
	FIELD("prefix", paths.prefix),
	FIELD("base_prefix", paths.base_prefix),
	FIELD("purelib", paths.purelib),
	FIELD("platlib", paths.platlib),
#undef FIELD
};

static bool take_member(
	struct jsonread *in, struct str key, struct arena *arena, struct answer *answer)
{
	if (str_eq(key, S("free_threaded"))) {
		answer->environment.free_threaded = jsonread_bool(in);
		return true;
	}
	if (str_eq(key, S("externally_managed"))) {
		answer->paths.externally_managed = jsonread_bool(in);
		return true;
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (str_eq(key, members[i].key)) {
			struct str value = arena_str(arena, jsonread_string(in, arena));
			memcpy((char *)answer + members[i].offset, &value, sizeof(value));
			return true;
		}
	}
	jsonread_skip(in);
	return false;
}

/* "3.11", "2.36", "14.4.1": the first two numbers; a missing one is 0. */
static void two_numbers(struct str text, int *ret_major, int *ret_minor)
{
	int numbers[2] = {0};
	for (size_t i = 0; i < 2 && text.n > 0; i++) {
		size_t n = 0;
		while (n < text.n && n < 6 && char_is_digit(text.p[n])) {
			numbers[i] = numbers[i] * 10 + (text.p[n] - '0');
			n++;
		}
		if (n == 0 || n == text.n || text.p[n] != '.') {
			break;
		}
		text = str_skip(text, n + 1);
	}
	*ret_major = numbers[0];
	*ret_minor = numbers[1];
}

/* platform and arch from sysconfig's "linux-x86_64", "macosx-11.0-arm64", "win-amd64", "win32". */
static void split_platform(struct str tag, struct environment *environment)
{
	ptrdiff_t dash = str_find_last_char(tag, '-');
	environment->arch = dash < 0 ? S("") : str_skip(tag, (size_t)dash + 1);
	if (str_starts(tag, S("win"))) {
		environment->platform = S("windows");
		environment->arch = dash < 0 ? S("win32") : environment->arch;
	} else if (str_starts(tag, S("macosx"))) {
		environment->platform = S("macos");
	} else {
		environment->platform = str_slice(tag, 0, (size_t)(dash < 0 ? 0 : dash));
	}
}

/* Read what the question printed; false when it is not a whole answer of this version. */
static bool read_answer(struct str text, struct arena *arena, struct answer *ret, struct err *err)
{
	struct answer answer = {0};
	struct jsonread in = jsonread_start(text);
	size_t taken = 0;
	struct str key;
	jsonread_object(&in);
	while (jsonread_key(&in, &key)) {
		taken += take_member(&in, key, arena, &answer);
	}
	if (!jsonread_end(&in, err)) {
		return false;
	}
	struct environment *environment = &answer.environment;
	two_numbers(environment->python_version, &environment->python_major,
		&environment->python_minor);
	if (taken < sizeof(members) / sizeof(members[0]) + 2 || environment->python_major < 2) {
		return err_set(err, ERR_ENVIRONMENT, "the answer is not complete");
	}
	split_platform(answer.platform_tag, environment);
	two_numbers(answer.os_version, &environment->os_major, &environment->os_minor);
	*ret = answer;
	return true;
}

/* Run it. The JSON after the mark, held by arena. */
static bool run_question(const char *path, struct arena *arena, struct str *ret, struct err *err)
{
	struct proc_result result;
	struct proc_options options = {
		.argv = (const char *const[]){path, "-I", "-c", question, NULL},
		.directory = "/",
		.timeout_ms = PYTHON_TIMEOUT_MS,
		.output_limit = 1 << 20,
	};
	if (!proc_run(&options, arena, &result, err)) {
		return false;
	}
	struct str rest = result.output;
	struct str line;
	while (str_next_line(&rest, &line)) {
		if (str_starts(line, S("thoth-python:"))) {
			*ret = str_skip(line, strlen("thoth-python:"));
			return true;
		}
	}
	struct str last = S("");
	rest = str_trim(result.errors);
	while (str_next_line(&rest, &line)) {
		last = line;
	}
	err_hint(err, "check that it is a Python interpreter: run it with -V");
	return err_set(err, ERR_ENVIRONMENT, "it ended with status %d: " STR_FMT, result.status,
		STR_ARG(last));
}

/*
 * The cache file for the interpreter, or "" when its answer must not be kept: not found, or a
 * script that may choose another interpreter the next time. The file's name is the digest of all
 * that decides the answer.
 */
static struct str cache_file(const char *path, const char *cache_dir, struct arena *arena)
{
	char real[4096];
	struct stat st;
	struct err ignored = {0};
	if (cache_dir == NULL || path[0] != '/' || realpath(path, real) == NULL ||
		stat(real, &st) != 0 || !S_ISREG(st.st_mode)) {
		return S("");
	}
	AUTO(fs_closep) int fd = open(real, O_RDONLY | O_CLOEXEC);
	char first[4];
	if (fd < 0 || read(fd, first, sizeof(first)) != sizeof(first)) {
		return S("");
	}
	if (!str_eq((struct str){first, sizeof(first)}, S("\x7f"
							  "ELF"))) {
		return S("");
	}
	struct str config = S("");
	struct str folder = fs_dirname(arena, fs_dirname(arena, str_from(path)));
	if (!fs_read(fs_join(arena, folder, S("pyvenv.cfg")).p, ANSWER_MAX, arena, &config,
		    &ignored)) {
		config = S("");
	}
	struct utsname system;
	uname(&system);
	struct str key = arena_printf(arena, "%d\n%s\n%s\n%lld\n%lld.%09ld\n%s\n%s %s %s\n" STR_FMT,
		VERSION, path, real, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		st.st_mtim.tv_nsec, gnu_get_libc_version(), system.release, system.version,
		system.machine, STR_ARG(config));
	char hex[HASH_HEX + 1];
	hash_sha256_hex(key, hex);
	return arena_printf(arena, "%s/python/%s.json", cache_dir, hex);
}

static bool ask(const char *path, const char *cache_dir, struct arena *arena, struct answer *ret,
	struct err *err)
{
	struct str text;
	struct err ignored = {0};
	struct str cached = cache_file(path, cache_dir, arena);
	if (cached.n > 0 && fs_read(cached.p, ANSWER_MAX, arena, &text, &ignored) &&
		read_answer(text, arena, ret, &ignored)) {
		return true;
	}
	if (!run_question(path, arena, &text, err) || !read_answer(text, arena, ret, err)) {
		err->kind = ERR_ENVIRONMENT;
		err->line = err->column = 0;
		return err_prefix(err, "cannot ask the Python '%s' what it is", path);
	}
	if (cached.n > 0 && fs_make_dirs(fs_dirname(arena, cached).p, &ignored)) {
		(void)!fs_write_atomic(cached.p, text, 0600, &ignored);
	}
	return true;
}

bool python_ask(const char *path, const char *cache_dir, struct arena *arena,
	struct environment *ret, struct err *err)
{
	struct answer answer;
	if (!ask(path, cache_dir, arena, &answer, err)) {
		return false;
	}
	*ret = answer.environment;
	return true;
}

bool python_ask_paths(const char *path, const char *cache_dir, struct arena *arena,
	struct python_paths *ret, struct err *err)
{
	struct answer answer;
	if (!ask(path, cache_dir, arena, &answer, err)) {
		return false;
	}
	*ret = answer.paths;
	return true;
}
