package image

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"syscall"

	"berth/engine"
)

// diskError classifies a failed write.
func diskError(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &engine.Error{Class: engine.ClassExhausted, Err: err, Hint: "Free some space, for example with: berth image prune"}
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EROFS):
		return &engine.Error{Class: engine.ClassPermission, Err: err}
	}
	return err
}

func sumString(s string) string {
	h := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(h[:])
}
