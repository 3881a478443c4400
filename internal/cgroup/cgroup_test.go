package cgroup_test

import (
	"testing"
	"testing/fstest"

	"github.com/plumbago/plumbago/internal/cgroup"
)

func TestMemoryLimit(t *testing.T) {
	const v1 = "12:memory:/docker/abc\n5:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n"
	tests := []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"no groups", nil, 0},
		{"version 2", map[string]string{
			"proc/self/cgroup": "0::/system.slice/plumbago.service\n",
			"sys/fs/cgroup/system.slice/plumbago.service/memory.max": "1073741824\n",
		}, 1 << 30},
		{"version 2, none", map[string]string{
			"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n",
		}, 0},
		{"version 2, a group around it has less", map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "4096000\n", "sys/fs/cgroup/a/memory.max": "2048000\n",
		}, 2048000},
		{"version 2, in a container", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "4096000\n",
		}, 4096000},
		{"version 2, a path of the machine's", map[string]string{
			"proc/self/cgroup": "0::/../../kubepods/pod1\n", "sys/fs/cgroup/memory.max": "4096000\n",
		}, 4096000},
		{"version 1", map[string]string{
			"proc/self/cgroup": v1, "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "4096000\n",
		}, 4096000},
		{"version 1, in a container", map[string]string{
			"proc/self/cgroup": v1, "sys/fs/cgroup/memory/memory.limit_in_bytes": "4096000\n",
		}, 4096000},
		{"version 1, none", map[string]string{
			"proc/self/cgroup": v1, "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 0},
		{"nonsense", map[string]string{
			"proc/self/cgroup": "\n0:\n0::/a\n", "sys/fs/cgroup/a/memory.max": "-1x\n",
		}, 0},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, text := range c.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := cgroup.MemoryLimit(root); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}
