//go:build unix

package speech

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the process into a group of its own and has the whole group killed
// when the command's context ends.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
