// Command told tells, for each line that it reads, what it sees of the system: the
// wall clock in Unix seconds, the milliseconds since its start, and what a write to
// the file that its argument names, and a sync of it, come to.
package main

import (
	"bufio"
	"fmt"
	"os"
	"time"

	"github.com/plumbago/plumbago/internal/durable"
)

func main() {
	began := time.Now()
	f, err := durable.OS().OpenFile(os.Args[1], os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		now := time.Now()
		n, wrote := f.WriteAt(make([]byte, 10), 0)
		fmt.Println(now.Unix(), now.Sub(began).Milliseconds(), n, wrote != nil, f.Datasync() != nil)
	}
}
