package render
import ("testing";"fmt")
func TestTry(t *testing.T) {
 for _, w := range []int{0,40,80,100,120,200} { fmt.Printf("--- %d\n%s", w, render(t, Options{Width: w, Color: w==120}, nasty()...)) }
 for _, o := range []string{"wide","json","ndjson","yaml","csv","text","name","template=<<.InstanceId>> <<.PublicIPs>> <<.Tags>> <<.Tags.env>> <<ago .LaunchTime>> <<range .SecurityGroups>>[<<.GroupName>>]<<end>> <<.SecurityGroups>>"} {
  fmt.Printf("--- %s\n%s", o, render(t, Options{Output: o}, nasty()...)) }
 fmt.Println(render(t, Options{JQ: `.InstanceId, {a: .Tags.env, b: .PublicIPs}`}, nasty()...))
 for _, o := range []string{"","ndjson","yaml","csv","text","table"} { fmt.Println(render(t, Options{Query: "[?LaunchTime>'2025'].{Id:InstanceId,Acc:AccountId,IPs:PrivateIPs}", Output: o}, nasty()...)) }
 for _, o := range []Options{{JQ: ".PublcIPs"}, {JQ: ".InstanceId, .PublcIPs | length"}, {JQ: ".a b"}, {JQ:".InstanceId | foo(1)"}, {JQ: "[.InstanceId"}, {JQ: ".SecurityGroups.GroupId"}, {JQ:".InstanceId[]"}, {JQ: "$x"}, {JQ: "input"},
  {Query: "[].Instnce"}, {Query: "InstanceId"}, {Query: "[?State=='running'"}, {Query: "[?State==`running`].{a: b"}, {Query: "foo(@)"}, {Query: "[].SecurityGroups.GroupId"},
  {Output: "template=<<.PublcIPs>>"}, {Output: "template=<<.PublicIPs | jion>> and more text so long"}, {Output: "template=<<range .PublicIPs>>"}, {Output: "template=<<.A b c"}, {Output:"template=<<.SecurityGroups.GroupId>>"}, {Output: "template=<<if>><<end>>"},
  {Output: "tabel"}, {Output: "template="}, {Output: "template-file=/nonexistent"}, {Columns: []string{"A.b"}, Output: "json"}, {Columns: []string{"Instance"}}, {Columns: []string{"Tags"}, SortBy: []string{"Tags"}}, {JQ: ".", Output: "template=x"}, {Columns: []string{"NetworkInterfaces.PrivateIPs.PrivatIP"}}} {
  _, err := Compile[instance](o, view)
  fmt.Println(err)
 }
}
