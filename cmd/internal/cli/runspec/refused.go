package runspec

import "berth/cmd/internal/cli/refuse"

// Remedies that several flags share.
const (
	noNetworks = "Containers have no network of their own yet: use --network host and the program's own port."
	noDevices  = "Devices can't be passed in yet; bind-mount what the program reads, or run it outside a container."
	noBlockIO  = "Use --blkio-weight for a relative share."
	noHealth   = "Berth does not run health checks yet: run the check yourself with berth exec."
	noLogs     = "Logs are kept in json-file form; their size and number is set in Berth's config file."
	windows    = "It concerns Windows containers only."
	ownSpace   = "Every container has namespaces of its own; only the network can be shared, with --network host."
)

// refused are the flags of Docker's run and create that Berth does not have yet.
var refused = []refuse.Flag{
	{Name: "publish", Short: "p", Remedy: noNetworks},
	{Name: "publish-all", Short: "P", Bool: true, Remedy: noNetworks},
	{Name: "expose", Remedy: noNetworks},
	{Name: "link", Remedy: noNetworks},
	{Name: "ip", Remedy: noNetworks},
	{Name: "ip6", Remedy: noNetworks},
	{Name: "link-local-ip", Remedy: noNetworks},
	{Name: "mac-address", Remedy: noNetworks},
	{Name: "network-alias", Remedy: noNetworks},
	{Name: "net-alias", Remedy: noNetworks},
	{Name: "dns-option", Remedy: "Bind-mount a resolv.conf of your own, as in -v /srv/resolv.conf:/etc/resolv.conf:ro."},
	{Name: "dns-opt", Remedy: "Bind-mount a resolv.conf of your own, as in -v /srv/resolv.conf:/etc/resolv.conf:ro."},
	{Name: "dns-search", Remedy: "Bind-mount a resolv.conf of your own, as in -v /srv/resolv.conf:/etc/resolv.conf:ro."},
	{Name: "domainname", Remedy: "Give the whole name with --hostname."},
	{Name: "privileged", Bool: true, Harmless: []string{"false"},
		Remedy: "Give the container what it needs by name: --cap-add, --security-opt seccomp=unconfined, -v."},
	{Name: "device", Remedy: noDevices},
	{Name: "device-cgroup-rule", Remedy: noDevices},
	{Name: "gpus", Remedy: noDevices},
	{Name: "blkio-weight-device", Remedy: noBlockIO},
	{Name: "device-read-bps", Remedy: noBlockIO},
	{Name: "device-read-iops", Remedy: noBlockIO},
	{Name: "device-write-bps", Remedy: noBlockIO},
	{Name: "device-write-iops", Remedy: noBlockIO},
	{Name: "health-cmd", Remedy: noHealth},
	{Name: "health-interval", Remedy: noHealth},
	{Name: "health-retries", Remedy: noHealth},
	{Name: "health-start-interval", Remedy: noHealth},
	{Name: "health-start-period", Remedy: noHealth},
	{Name: "health-timeout", Remedy: noHealth},
	{Name: "no-healthcheck", Bool: true, Harmless: []string{"true", "false"}},
	{Name: "log-driver", Harmless: []string{"json-file", ""}, Remedy: noLogs},
	{Name: "log-opt", Remedy: noLogs},
	{Name: "cgroup-parent", Remedy: "Berth chooses the cgroup; berth inspect shows which."},
	{Name: "cgroupns", Harmless: []string{"", "private"}, Remedy: ownSpace},
	{Name: "ipc", Harmless: []string{"", "private"}, Remedy: ownSpace},
	{Name: "pid", Harmless: []string{""}, Remedy: ownSpace},
	{Name: "uts", Harmless: []string{""}, Remedy: ownSpace},
	{Name: "userns", Harmless: []string{""}, Remedy: "As root, ids are the host's; as another user, they are mapped as /etc/subuid says."},
	{Name: "group-add", Remedy: "Put the user into the group in the image, or name one group with --user NAME:GROUP."},
	{Name: "sysctl", Remedy: "Set it on the host, or inside the container with berth exec where the kernel allows it."},
	{Name: "annotation", Remedy: "Use --label."},
	{Name: "runtime", Remedy: "Berth starts containers itself; there is no other runtime to choose."},
	{Name: "isolation", Harmless: []string{"", "default"}, Remedy: windows},
	{Name: "storage-opt", Remedy: "The writable layer is as large as the file system that holds Berth's state."},
	{Name: "volume-driver", Remedy: "Named volumes are not supported yet: give an absolute host path."},
	{Name: "volumes-from", Remedy: "Repeat the -v flags of the other container."},
	{Name: "use-api-socket", Bool: true, Harmless: []string{"false"}, Remedy: "There is no daemon whose socket could be passed in."},
	{Name: "cpu-rt-period", Remedy: "Use --cpus, --cpu-shares or --cpu-quota."},
	{Name: "cpu-rt-runtime", Remedy: "Use --cpus, --cpu-shares or --cpu-quota."},
	{Name: "kernel-memory", Remedy: "The kernel no longer has this limit; --memory covers it."},
	{Name: "memory-swappiness", Harmless: []string{"-1"}, Remedy: "Use --memory-swap."},
	{Name: "cpu-count", Remedy: windows},
	{Name: "cpu-percent", Remedy: windows},
	{Name: "io-maxbandwidth", Remedy: windows},
	{Name: "io-maxiops", Remedy: windows},
	{Name: "disable-content-trust", Bool: true, Harmless: []string{"true"},
		Remedy: "Berth verifies every digest, but knows no content trust signatures."},
}
