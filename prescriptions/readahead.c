#include "prescriptions/readahead.h"
#include <pthread.h>
#include <stdlib.h>
#include "common/fs.h"
#include "packaging/tree.h"
#include "common/banned.h"

enum { SLOTS = 64, AHEAD_BYTES = 8 << 20 /* read and not yet taken, about */ };

struct slot {
	struct buf text;
	struct err err;
	bool fine;
};

struct presc_readahead {
	struct str root; /* followed by a NUL */
	int fd;          /* of it, -1 for a file */
	struct arena arena;
	struct presc_files *files;
	struct slot slots[SLOTS];
	size_t read, taken; /* files; read - taken <= SLOTS */
	size_t bytes;       /* read and not taken */
	bool stop;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t mutex; /* of read, taken, bytes and stop */
	pthread_cond_t changed;
	bool digest, failed;
	struct hash_sha256 hash;
};

static void add_to_digest(
	struct presc_readahead *ahead, const struct presc_file *file, struct str text)
{
	unsigned char size[8];
	for (int i = 0; i < 8; i++) {
		size[i] = (unsigned char)((uint64_t)text.n >> 8 * i);
	}
	hash_sha256_add(&ahead->hash, file->path);
	hash_sha256_add(&ahead->hash, (struct str){"", 1});
	hash_sha256_add(&ahead->hash, (struct str){(const char *)size, sizeof(size)});
	hash_sha256_add(&ahead->hash, text);
}

/* Read file number i into its slot, which nobody else looks at. */
static void read_one(struct presc_readahead *ahead, size_t i)
{
	struct slot *slot = &ahead->slots[i % SLOTS];
	struct presc_file *file = &ahead->files->list.p[i];
	slot->err.kind = ERR_NONE;
	slot->err.hint[0] = '\0';
	slot->fine = presc_files_read(ahead->fd, ahead->root, file, &slot->text, &slot->err);
	ahead->failed = ahead->failed || !slot->fine;
	if (slot->fine && ahead->digest) {
		add_to_digest(ahead, file, buf_str(&slot->text));
	}
}

static bool is_full(const struct presc_readahead *ahead)
{
	return ahead->read - ahead->taken == SLOTS ||
	       (ahead->bytes > AHEAD_BYTES && ahead->read > ahead->taken);
}

static void *read_all(void *data)
{
	struct presc_readahead *ahead = data;
	for (size_t i = 0; i < ahead->files->list.n; i++) {
		pthread_mutex_lock(&ahead->mutex);
		while (is_full(ahead) && !ahead->stop) {
			pthread_cond_wait(&ahead->changed, &ahead->mutex);
		}
		bool stop = ahead->stop;
		pthread_mutex_unlock(&ahead->mutex);
		if (stop) {
			break;
		}
		read_one(ahead, i);
		pthread_mutex_lock(&ahead->mutex);
		ahead->read = i + 1;
		ahead->bytes += ahead->slots[i % SLOTS].text.n;
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->mutex);
	}
	return NULL;
}

struct presc_readahead *presc_readahead_new(struct str root, struct presc_files *files, bool digest)
{
	enum { MANY = 16 }; /* a thread costs as much as reading a few files */
	struct presc_readahead *ahead = calloc(1, sizeof(*ahead));
	if (ahead == NULL) {
		arena_die("out of memory");
	}
	ahead->root = arena_str(&ahead->arena, root);
	ahead->fd = presc_files_open(root);
	ahead->files = files;
	ahead->digest = digest;
	hash_sha256_init(&ahead->hash);
	for (size_t i = 0; i < SLOTS; i++) {
		ahead->slots[i].text.max = TREE_MAX + (1 << 16);
	}
	pthread_mutex_init(&ahead->mutex, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	ahead->has_thread =
		files->list.n > MANY && pthread_create(&ahead->thread, NULL, read_all, ahead) == 0;
	return ahead;
}

bool presc_readahead_next(struct presc_readahead *ahead, struct str *ret, struct err *err)
{
	size_t i = ahead->taken; /* written by this thread alone */
	if (!ahead->has_thread) {
		read_one(ahead, i);
	} else {
		pthread_mutex_lock(&ahead->mutex);
		while (ahead->read <= i) {
			pthread_cond_wait(&ahead->changed, &ahead->mutex);
		}
		pthread_mutex_unlock(&ahead->mutex);
	}
	const struct slot *slot = &ahead->slots[i % SLOTS];
	if (slot->fine) {
		*ret = buf_str(&slot->text);
	} else {
		*err = slot->err;
	}
	return slot->fine;
}

void presc_readahead_release(struct presc_readahead *ahead)
{
	pthread_mutex_lock(&ahead->mutex);
	ahead->bytes -= ahead->has_thread ? ahead->slots[ahead->taken % SLOTS].text.n : 0;
	ahead->taken++;
	/* not for each file: waking a thread costs more than reading one */
	if (ahead->read - ahead->taken < SLOTS / 2) {
		pthread_cond_signal(&ahead->changed);
	}
	pthread_mutex_unlock(&ahead->mutex);
}

void presc_readahead_digest(struct presc_readahead *ahead, char ret[HASH_HEX + 8])
{
	char hex[HASH_HEX + 1];
	ret[0] = '\0';
	if (ahead->digest && !ahead->failed) {
		hash_sha256_end(&ahead->hash, hex);
		memcpy(ret, "sha256:", 7);
		memcpy(ret + 7, hex, sizeof(hex));
	}
}

void presc_readahead_free(struct presc_readahead *ahead)
{
	if (ahead == NULL) {
		return;
	}
	if (ahead->has_thread) {
		pthread_mutex_lock(&ahead->mutex);
		ahead->stop = true;
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->mutex);
		pthread_join(ahead->thread, NULL);
	}
	for (size_t i = 0; i < SLOTS; i++) {
		buf_done(&ahead->slots[i].text);
	}
	fs_closep(&ahead->fd);
	arena_done(&ahead->arena);
	pthread_mutex_destroy(&ahead->mutex);
	pthread_cond_destroy(&ahead->changed);
	free(ahead);
}
