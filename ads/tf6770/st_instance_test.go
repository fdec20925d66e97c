package tf6770_test

import (
	"fmt"
	"strings"
)

// call calls a method, as a program does.
func (i *stInstance) call(name string, args ...int64) (result int64, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*stError)
			if !ok {
				panic(r)
			}
			err = fmt.Errorf("%s: %w", name, e)
		}
	}()
	method := i.block.methods[strings.ToUpper(name)]
	if method == nil || len(args) != method.params {
		return 0, fmt.Errorf("%s has no %s with %d arguments", i.block.name, name, len(args))
	}
	return i.run(method, args), nil
}

// get reads a variable.
func (i *stInstance) get(name string) int64 {
	f := i.block.field(name)
	return i.machine.load(0, i.at[f.index], f.typ)
}

// set writes a number.
func (i *stInstance) set(name string, value int64) {
	f := i.block.field(name)
	i.machine.store(0, i.at[f.index], f.typ, value)
}

// setText writes a text.
func (i *stInstance) setText(name, text string) {
	f := i.block.field(name)
	i.machine.storeText(0, i.at[f.index], f.typ, text)
}
