package pickle

// LeaveToMachine has the next frame decoded by the machine, whatever is in it.
func (d *Decoder) LeaveToMachine() { d.unusual = 1 }

// WasUsual reports whether the last frame was decoded without the machine.
func (d *Decoder) WasUsual() bool { return d.unusual == 0 }
