package symbol

import "strings"

// Lengths of methods and parameters with empty texts.
const (
	minMethod    = 4*6 + 16 + 4 + 4 + 2*4 + 3
	minParameter = 4*4 + 4 + 4 + 16 + 2*4 + 3
)

// Method is one method of a data type that can be called over ADS
// (attribute TcRpcEnable).
type Method struct {
	Version     uint32
	VTableIndex uint32
	// ReturnSize and ReturnAlign are those of the return value in octets, 0
	// where there is none.
	ReturnSize  uint32
	ReturnAlign uint32
	Reserved    uint32
	ReturnGUID  GUID
	ReturnBase  BaseType
	Flags       MethodFlags
	Name        string
	ReturnType  string // name of the type, empty where nothing is returned
	Comment     string
	Parameters  []Parameter
	Attributes  []Attribute // with MethodFlagAttributes
	Rest        []byte      // octets behind the known fields
}

// Parameter is one parameter of a method.
type Parameter struct {
	Size     uint32 // in octets
	Align    uint32
	BaseType BaseType
	Flags    ParameterFlags
	Padding  uint16 // behind the flags
	Reserved uint32
	TypeGUID GUID
	// LengthIs is the number of the parameter that says how many elements
	// there are, 0 for none.
	LengthIs   uint16
	Name       string
	Type       string
	Comment    string
	Attributes []Attribute // with ParameterFlagAttributes
	Rest       []byte      // octets behind the known fields
}

// In tells whether the caller sends the parameter.
func (p *Parameter) In() bool { return p.Flags&ParameterFlagIn != 0 }

// Out tells whether the answer has the parameter.
func (p *Parameter) Out() bool { return p.Flags&ParameterFlagOut != 0 }

// Method returns the method of the name, which is looked up without regard to
// case, or nil.
func (e *TypeEntry) Method(name string) *Method {
	for i := range e.Methods {
		if strings.EqualFold(e.Methods[i].Name, name) {
			return &e.Methods[i]
		}
	}
	return nil
}

func (r *reader) methods(count int) []Method {
	if r.count("methods", count, minMethod) == 0 {
		return nil
	}
	outer := r.name
	methods := make([]Method, count)
	for i := range methods {
		if r.method(&methods[i]); r.err != nil {
			return nil
		}
		r.name = outer
	}
	return methods
}

func (r *reader) method(m *Method) {
	start, outer := r.at, r.name
	length := r.u32("length of a method")
	r.at = start
	m.Rest = r.within("a method", length, minMethod, func() {
		r.at += 4
		m.Version = r.u32("version")
		m.VTableIndex = r.u32("index in the table of methods")
		m.ReturnSize = r.u32("size of the return value")
		m.ReturnAlign = r.u32("alignment of the return value")
		m.Reserved = r.u32("reserved field")
		m.ReturnGUID = r.guid("GUID of the return type")
		m.ReturnBase = BaseType(r.u32("base type of the return value"))
		m.Flags = MethodFlags(r.u32("flags"))
		name, typ, comment := int(r.u16("name length")), int(r.u16("return type length")), int(r.u16("comment length"))
		parameters := int(r.u16("number of parameters"))
		m.Name = r.text("name", name)
		r.name = outer + "#" + m.Name
		m.ReturnType = r.text("return type", typ)
		m.Comment = r.text("comment", comment)
		if r.count("parameters", parameters, minParameter) > 0 {
			m.Parameters = make([]Parameter, parameters)
			for i := range m.Parameters {
				r.parameter(&m.Parameters[i])
			}
		}
		if m.Flags&MethodFlagAttributes != 0 {
			m.Attributes = r.attributes(int(r.u16("number of attributes")))
		}
	})
}

func (r *reader) parameter(p *Parameter) {
	start := r.at
	length := r.u32("length of a parameter")
	r.at = start
	p.Rest = r.within("a parameter", length, minParameter, func() {
		r.at += 4
		p.Size = r.u32("size")
		p.Align = r.u32("alignment")
		p.BaseType = BaseType(r.u32("base type"))
		p.Flags = ParameterFlags(r.u16("flags"))
		p.Padding = r.u16("padding")
		p.Reserved = r.u32("reserved field")
		p.TypeGUID = r.guid("type GUID")
		p.LengthIs = r.u16("number of the length parameter")
		name, typ, comment := int(r.u16("name length")), int(r.u16("type length")), int(r.u16("comment length"))
		p.Name = r.text("name", name)
		p.Type = r.text("type name", typ)
		p.Comment = r.text("comment", comment)
		if p.Flags&ParameterFlagAttributes != 0 {
			p.Attributes = r.attributes(int(r.u16("number of attributes")))
		}
	})
}

func (w *writer) methods(methods []Method) {
	w.count16("methods", len(methods))
	outer := w.name
	for i := range methods {
		w.name = outer + "#" + methods[i].Name
		w.method(&methods[i])
	}
	w.name = outer
}

func (w *writer) method(m *Method) {
	w.entry(func() {
		w.u32(m.Version)
		w.u32(m.VTableIndex)
		w.u32(m.ReturnSize)
		w.u32(m.ReturnAlign)
		w.u32(m.Reserved)
		w.raw(m.ReturnGUID[:])
		w.u32(uint32(m.ReturnBase))
		flags := m.Flags
		if len(m.Attributes) > 0 {
			flags |= MethodFlagAttributes
		}
		w.u32(uint32(flags))
		texts := w.texts([3]string{"name", "return type", "comment"}, [3]string{m.Name, m.ReturnType, m.Comment})
		w.count16("parameters", len(m.Parameters))
		texts()
		for i := range m.Parameters {
			w.parameter(&m.Parameters[i])
		}
		if flags&MethodFlagAttributes != 0 {
			w.attributes(m.Attributes)
		}
		w.raw(m.Rest)
	})
}

func (w *writer) parameter(p *Parameter) {
	w.entry(func() {
		w.u32(p.Size)
		w.u32(p.Align)
		w.u32(uint32(p.BaseType))
		flags := p.Flags
		if len(p.Attributes) > 0 {
			flags |= ParameterFlagAttributes
		}
		w.u16(uint16(flags))
		w.u16(p.Padding)
		w.u32(p.Reserved)
		w.raw(p.TypeGUID[:])
		w.u16(p.LengthIs)
		texts := w.texts([3]string{"name", "type name", "comment"}, [3]string{p.Name, p.Type, p.Comment})
		texts()
		if flags&ParameterFlagAttributes != 0 {
			w.attributes(p.Attributes)
		}
		w.raw(p.Rest)
	})
}
