package dockerjson

import (
	"fmt"

	"berth/engine"
)

// NetworkSettings say how a container is reached. Those of one without a network of
// its own are empty, but every key is there: scripts ask for them.
type NetworkSettings struct {
	Bridge                 string
	SandboxID              string
	SandboxKey             string
	Ports                  map[string][]PortBinding
	HairpinMode            bool
	LinkLocalIPv6Address   string
	LinkLocalIPv6PrefixLen int
	SecondaryIPAddresses   []string
	SecondaryIPv6Addresses []string
	EndpointID             string
	Gateway                string
	GlobalIPv6Address      string
	GlobalIPv6PrefixLen    int
	IPAddress              string
	IPPrefixLen            int
	IPv6Gateway            string
	MacAddress             string
	Networks               map[string]Endpoint
}

// PortBinding is one published port.
type PortBinding struct{ HostIp, HostPort string }

// Endpoint is a container's end of one network.
type Endpoint struct {
	IPAMConfig          *struct{}
	Links               []string
	Aliases             []string
	MacAddress          string
	DriverOpts          map[string]string
	NetworkID           string
	EndpointID          string
	Gateway             string
	IPAddress           string
	IPPrefixLen         int
	IPv6Gateway         string
	GlobalIPv6Address   string
	GlobalIPv6PrefixLen int
	DNSNames            []string
}

// sandboxKey is the file by which a running container's network namespace can be entered.
func sandboxKey(d engine.ContainerDetail) string {
	if d.Pid == 0 {
		return ""
	}
	return fmt.Sprintf("/proc/%d/ns/net", d.Pid)
}
