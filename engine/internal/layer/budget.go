package layer

import (
	"archive/tar"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// maxSparse bounds the apparent size of a layer's files with holes: they cost no
// disk, but the time to read their zeros.
const maxSparse = 16 << 30

// admit refuses a file before its first byte if it can't fit.
func (u *unpacker) admit(hdr *tar.Header, sparse bool) error {
	if sparse {
		if u.sparse += hdr.Size; u.sparse > min(maxSparse, u.limits.Bytes) {
			return engine.Errorf(engine.ClassExhausted, "sparse file %s claims %d MB: refused", quote(hdr.Name), hdr.Size/1e6)
		}
		return nil
	}
	if u.bytes+hdr.Size > u.limits.Bytes {
		return tooLarge(u.limits.Bytes)
	}
	return nil
}

func tooLarge(limit int64) error {
	return engine.Errorf(engine.ClassExhausted, "layer unpacks to more than %d MB: refused", limit/1e6)
}

// freeEvery is how many bytes are written between two looks at the free space.
const freeEvery = 64 << 20

// charge accounts for n bytes just written. It stops a layer before the disk is
// full to the last block, which would take everybody else's writes with it.
func (u *unpacker) charge(n int64) error {
	u.bytes += n
	if u.bytes > u.limits.Bytes {
		return tooLarge(u.limits.Bytes)
	}
	if u.sinceFree += n; u.sinceFree < freeEvery {
		return nil
	}
	u.sinceFree = 0
	var fs unix.Statfs_t
	if err := unix.Fstatfs(u.root, &fs); err != nil {
		return err
	}
	const most = 512 << 20
	reserve := min(fs.Blocks*uint64(fs.Bsize)/100, most)
	if fs.Bavail*uint64(fs.Bsize) < reserve {
		return engine.Errorf(engine.ClassExhausted, "only %d MB are left on the disk: %w", fs.Bavail*uint64(fs.Bsize)/1e6, unix.ENOSPC)
	}
	return nil
}

// writeBehind starts writing a large file out while the rest comes in, so that the
// sync at the end of a pull finds little left to do. Small files are left to that
// sync: asking for each costs more than it gains.
func (u *unpacker) writeBehind(fd int, done, n, size int64) {
	const window = 8 << 20
	if size >= window/8 && (done == size || done/window != (done-n)/window) {
		from := (done - n) / window * window
		// Advice: a file system that can't do it loses nothing but time.
		_ = unix.SyncFileRange(fd, from, done-from, unix.SYNC_FILE_RANGE_WRITE)
	}
}

// blocks returns the disk usage of an open file; 0 if the file system won't say.
func blocks(fd int) int64 {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return 0
	}
	return st.Blocks * 512
}

func blocksAt(parent int, base string) int64 {
	var st unix.Stat_t
	if unix.Fstatat(parent, base, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return 0
	}
	return st.Blocks * 512
}
