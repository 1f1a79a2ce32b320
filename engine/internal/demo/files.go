package demo

// guest is the image's ordinary user.
var guest = owner{1000, 1000}

// fillBase writes what every Linux system has.
func fillBase(c *changeset) {
	for _, name := range []string{"bin", "etc", "home", "usr", "usr/share", "usr/share/doc", "var", "var/log", "run", "mnt", "srv", "dev", "proc", "sys"} {
		c.dir(name, 0o755, root)
	}
	c.dir("root", 0o700, root)
	c.dir("home/guest", 0o750, guest)
	c.dir("tmp", 0o1777, root)
	c.dir("var/tmp", 0o1777, root)
	c.link("sbin", "bin")
	c.link("usr/bin", "../bin")
	c.link("usr/sbin", "../bin")
	c.link("var/run", "../run")
	c.file("etc/passwd", 0o644, root, []byte("root:x:0:0:root:/root:/bin/sh\n"+
		"guest:x:1000:1000:guest:/home/guest:/bin/sh\n"+
		"nobody:x:65534:65534:nobody:/:/bin/false\n"))
	c.file("etc/group", 0o644, root, []byte("root:x:0:\ntty:x:5:\nusers:x:100:guest\nguest:x:1000:\nnogroup:x:65534:\n"))
	c.file("etc/shells", 0o644, root, []byte("/bin/sh\n"))
	c.file("etc/nsswitch.conf", 0o644, root, []byte("passwd: files\ngroup: files\nhosts: files dns\n"))
	c.file("etc/os-release", 0o644, root, []byte("NAME=\"Berth toolbox\"\nPRETTY_NAME=\"Berth toolbox\"\nID=toolbox\nVERSION_ID=1\n"))
}

// fillLinks makes every tool callable by its name.
func fillLinks(c *changeset, tools []string) {
	for _, name := range tools {
		c.link("bin/"+name, "toolbox")
	}
}

// fillPages writes what the shell reads and shows when it starts, and something to read.
func fillPages(c *changeset) {
	c.file("etc/profile", 0o644, root, []byte(profile))
	c.file("etc/motd", 0o644, root, []byte(motd))
	c.dir("usr/share/doc/toolbox", 0o755, root)
	for _, page := range pages {
		c.file("usr/share/doc/toolbox/"+page.name, 0o644, root, []byte(page.text))
	}
}

const profile = `# Read by every interactive shell: $ENV names this file.
alias ll='ls -l'
alias la='ls -la'
[ "$SHLVL" -gt 1 ] || cat /etc/motd
`

const motd = `
This is a container, seen from inside. Some things to try:

  ps          which processes are there, and which one is number 1
  id          who you are here
  mount       what the file system is put together from
  ip addr     which network interfaces this container can see
  hostname    the name is the container's own

More in /usr/share/doc/toolbox; "toolbox --list" names all tools.

`

// pages are short lessons on what isolates a container.
var pages = []struct{ name, text string }{
	{"namespaces", `Namespaces: what this process can see

  ls -l /proc/self/ns     one link for each kind; the number names the namespace
  ps                      process numbers start at 1 again
  hostname lesson         may be refused: the name is yours to see, not to change
  cat /proc/self/uid_map  how user ids here map to those outside

Compare the numbers with those of a shell on the host: where they differ, this
container is on its own; where they agree, it shares the host's.
`},
	{"overlay", `The overlay: one tree out of many layers

  mount -t overlay        the root: lowerdir are the image's layers,
                          upperdir takes what this container writes
  touch /tmp/mine         lands in the upper directory only
  rm /etc/motd            the layer below keeps it; a marker hides it here

Leave, and start another container of the same image: /etc/motd is there again.
`},
	{"limits", `Limits: what this process may use

  cat /proc/self/cgroup   the groups that account for it
  free, df, nproc         what the machine has is not what a container may use
  cat /proc/self/limits   the older limits, for each process

Start a container with --memory 64m --pids-limit 20, and see what gives way.
`},
	{"privileges", `Privileges: what this process may do

  grep Cap /proc/self/status      capability sets, as bit masks
  grep Seccomp /proc/self/status  2 means that a filter sees every system call
  mount -t tmpfs none /mnt        refused even to root: no CAP_SYS_ADMIN here
  date -s 12:00                   refused: the clock is the host's

Root in a container is root with most of its rights taken away.
`},
}
