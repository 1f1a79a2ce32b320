// This file is empty. It lets the compiler accept the bodiless declarations in
// fork_unsafe.go, whose bodies are in package runtime.
