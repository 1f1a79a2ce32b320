package toolbox

import "io"

func runCat(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	return c.each(func(_ string, r io.Reader) error {
		// Unbuffered: what comes through a pipe or from a terminal is to be seen at once.
		_, err := io.Copy(flushing{c.out}, r)
		return err
	})
}
