#pragma once
#include "common/arena.h"
#include "common/err.h"

/*
 * The options of a command, from the command line or from a `%thoth` line: one table for both, so
 * that a cell and a shell understand the same words. The table says which commands heed an option; the
 * others refuse it (or take it without effect, where wrappers and aliases give it to all commands). Values are views of the arguments. Every option has an
 * environment variable THOTH_<OPTION>, which an argument overrides. (glibc's argp prints and exits by
 * itself; a cell needs the words of the error.)
 */
enum advise_command {
	ADVISE_LOCK,
	ADVISE_ADD,
	ADVISE_REMOVE,
	ADVISE_SHOW,
	ADVISE_WHY,
	ADVISE_DIFF,
	ADVISE_OUTDATED,
	ADVISE_UPDATE,
	ADVISE_DISCOVER,
	ADVISE_CONVERT,
	ADVISE_VERIFY,
	ADVISE_AUDIT,
	ADVISE_SCAN,          /* on the command line cli/cmd_scan.c, for several files at once */
	ADVISE_ADOPT,         /* of the command line alone: cli/cmd_adopt.c */
	ADVISE_INDEXES,       /* and cli/cmd_indexes.c */
	ADVISE_EXTRACT,       /* and cli/cmd_extract.c */
	ADVISE_SAVE,          /* and cli/cmd_save.c */
	ADVISE_PRESCRIPTIONS, /* and cli/cmd_prescriptions.c */
	ADVISE_ENV,           /* and cli/cmd_env.c */
	ADVISE_DATA,          /* and cli/cmd_data.c */
	ADVISE_LOG,           /* and cli/cmd_log.c */
};

enum advise_format {
	ADVISE_TEXT,
	ADVISE_JSON,
	ADVISE_REQUIREMENTS,
	ADVISE_PYLOCK,
	ADVISE_PIPFILE,
	ADVISE_PIPFILE_LOCK,
	ADVISE_CONDA_ENV,
	ADVISE_CONTAINERFILE,
	ADVISE_SARIF,  /* of scan alone */
	ADVISE_GITHUB, /* the same */
};

enum advise_trust { ADVISE_TRUST_ASK, ADVISE_TRUST_WHEELS_ONLY, ADVISE_TRUST_NEVER };

enum { ADVISE_LIST_MAX = 256 };

struct advise_list {
	struct str items[ADVISE_LIST_MAX];
	size_t n;
};

struct advise_options {
	struct advise_list words; /* what is no option: paths, names, requirements */
	bool json, quiet, no_progress, help;
	int verbose;
	bool offline, refresh, no_scan, force;
	bool no_cache; /* of compiled rules */
	bool check, dry_run, lock, dev;
	bool discover, write, yes;
	bool upgrade; /* --upgrade was given; without names: everything */
	struct advise_list upgrade_names;
	struct str cache_dir, index_url, as_of;
	struct str python; /* the interpreter of the environment to look at */
	bool files;        /* its files too */
	bool licenses;
	struct str advisories, sha256; /* of thoth data */
	struct str machine; /* a folder that describes another one (environment/machine.h) */
	/* what to lock for; arguments replace what the environment variables say */
	struct advise_list python_versions, platforms, environments;
	bool universal, all_hashes;
	struct advise_list extra_index_urls, constraints, requirement_files;
	struct advise_list allow_build; /* names, or ":all:" */
	struct advise_list find_links, trusted_hosts, only_binary, no_binary;
	bool no_index;
	struct str cert, client_cert, proxy;
	struct advise_list extras, groups; /* optional parts of a file */
	struct str output;                 /* "" is standard output */
	struct advise_list indexes;        /* "NAME=URL"; "NAME" alone pins what `add` adds */
	bool prereleases;
	bool type_given;                  /* else it is the default, which a project may replace */
	struct str recommendation_type;   /* "stable" unless said */
	struct advise_list prescriptions; /* folders, files and digests of rules, besides ours */
	struct advise_list labels;        /* "KEY=VALUE" */
	bool thoth_literal;               /* conditions of rules as the original decides them */
	struct str predictor;             /* a name that search_mode_from() knows */
	uint64_t limit, count, beam_width, limit_latest_versions,
		seed; /* beam 0: 1000; latest 0: by documents */
	bool plot;
	struct str plot_file; /* "" in a cell: shown */
	enum advise_format format;
	enum advise_trust trust;
	int64_t timeout_ms;  /* 0: none */
	bool all_rejections; /* no option: `thoth why` wants them */
	bool updating;       /* no option: a lock for `thoth update` */
};

/* As the user writes it: "lock". */
const char *advise_command_name(enum advise_command command);

/*
 * Read argv[argc] (without the command's name). in_cell: options that would let a notebook choose an
 * index, a cache, a file or trust are refused. Environment variables are read in either case, since they
 * are the user's own; those of options that this command does not heed are passed by. ERR_USAGE with the
 * option and the command named.
 */
MUST_USE bool advise_options_parse(enum advise_command command, const struct str *argv, size_t argc,
	bool in_cell, struct arena *arena, struct advise_options *ret, struct err *err);

/* The lines of `--help` about the options that the command heeds, in the order of the table. */
void advise_options_help(enum advise_command command, bool in_cell, struct buf *out);
