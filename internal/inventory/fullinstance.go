package inventory

import (
	"reflect"
	"sync"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// FullInstance is an Instance with EC2's complete answer.
type FullInstance struct {
	Instance
	EC2 wire.Object
}

// FullInstanceType returns the type of the records of FullInstance: the fields of Instance,
// and EC2 in the form of the AWS CLI's JSON, whose members may be absent.
var FullInstanceType = sync.OnceValue(func() reflect.Type {
	var fields []reflect.StructField
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Instance]()) {
		if f.IsExported() {
			fields = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag})
		}
	}
	output := catalog.Open("ec2").Operation("DescribeInstances").Output
	instance := output.Member("Reservations").Shape.Element().Shape.Member("Instances").Shape.Element().Shape
	return reflect.StructOf(append(fields, reflect.StructField{Name: "EC2", Type: valueType(instance, nil)}))
})

// Record returns the record, a value of FullInstanceType.
func (f *FullInstance) Record() reflect.Value {
	record, instance := reflect.New(FullInstanceType()).Elem(), reflect.ValueOf(&f.Instance).Elem()
	last := record.NumField() - 1
	for i := range last {
		record.Field(i).Set(instance.FieldByName(record.Type().Field(i).Name))
	}
	fill(record.Field(last), f.EC2)
	return record
}
