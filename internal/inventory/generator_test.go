package inventory

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator writes random answers that use all that XML allows.
type generator struct {
	*rand.Rand
	b strings.Builder
}

func (g *generator) element(name string, inner ...func()) {
	prefix := ""
	if g.IntN(40) == 0 {
		prefix = "p:"
	}
	if len(inner) == 0 && g.IntN(2) == 0 {
		fmt.Fprintf(&g.b, "<%s%s />", prefix, name)
		return
	}
	fmt.Fprintf(&g.b, "<%s%s%s>", prefix, name, []string{"", "", "", ` a="1 > 0"`, " b='&lt;'"}[g.IntN(5)])
	g.Shuffle(len(inner), func(i, j int) { inner[i], inner[j] = inner[j], inner[i] })
	for _, f := range inner {
		f()
		if len(inner) > 1 {
			g.b.WriteString([]string{"", "", "\n  ", "<!-- -x- -->", "<?pi x?>", "<unknown><item><instanceId>i-no</instanceId></item></unknown>"}[g.IntN(6)])
		}
	}
	fmt.Fprintf(&g.b, "</%s%s>", prefix, name)
}

// value writes an element with text, or now and then nothing.
func (g *generator) value(name, text string) func() {
	return func() {
		if g.IntN(12) > 0 {
			g.required(name, text)()
		}
	}
}

// required always writes the element.
func (g *generator) required(name, text string) func() {
	return func() {
		g.element(name, func() {
			if g.IntN(6) == 0 && text != "" && !strings.Contains(text, "]]>") {
				g.b.WriteString("<![CDATA[" + text + "]]>")
				return
			}
			for _, r := range text {
				switch {
				case strings.ContainsRune("<>&\"'", r):
					g.b.WriteString(map[rune]string{'<': "&lt;", '>': "&gt;", '&': "&amp;", '"': "&quot;", '\'': "&apos;"}[r])
				case g.IntN(15) == 0:
					fmt.Fprintf(&g.b, []string{"&#%d;", "&#x%X;"}[g.IntN(2)], r)
				default:
					g.b.WriteRune(r)
				}
			}
		})
	}
}

func (g *generator) list(name string, item func()) func() {
	return func() {
		var items []func()
		for range g.IntN(4) {
			items = append(items, func() { item() })
		}
		g.element(name, items...)
	}
}

func (g *generator) word() string {
	return []string{"", "a", "web 1", "<b>&\"'", "日本語 ]]", " x\ty ", "line\nbreak", "é", strings.Repeat("long ", 20)}[g.IntN(9)]
}

func (g *generator) number() string { return fmt.Sprint(g.IntN(5)) }

// address returns one of five addresses, so that some repeat.
func (g *generator) address(prefix string) string { return prefix + g.number() }

func (g *generator) association() func() {
	return func() {
		if g.IntN(3) == 0 {
			return
		}
		g.element("association", g.value("publicIp", g.address("54.0.0.")), g.value("ipOwnerId", "amazon"), g.rare("carrierIp", "155.146.0."), g.rare("customerOwnedIp", "198.51.100."))
	}
}

// rare writes an element in one of four cases.
func (g *generator) rare(name, prefix string) func() {
	if g.IntN(4) > 0 {
		return func() {}
	}
	return g.value(name, g.address(prefix))
}

func (g *generator) groups() func() {
	return g.list("groupSet", func() {
		g.element("item", g.value("groupId", "sg-"+g.number()), g.value("groupName", g.word()))
	})
}

func (g *generator) instance() {
	launched := func() {
		if g.IntN(3) > 0 {
			g.element("launchTime", func() {
				g.b.WriteString([]string{"2024-02-29T23:59:59.000Z", "2025-01-01T00:00:00Z", "2025-06-01T12:00:00+02:00"}[g.IntN(3)])
			})
		}
	}
	primary := func() {
		if g.IntN(3) > 0 {
			g.element("primary", func() { g.b.WriteString([]string{"true", "false"}[g.IntN(2)]) })
		}
	}
	index := func() {
		g.element("attachment", func() {
			g.element("deviceIndex", func() { g.b.WriteString(g.number()) })
		}, g.value("status", "attached"))
	}
	g.element("item",
		g.required("instanceId", "i-"+g.number()), g.value("instanceType", "t3.micro"), g.value("vpcId", "vpc-1"), g.value("subnetId", "subnet-1"),
		g.value("imageId", "ami-1"), g.value("keyName", g.word()), g.value("architecture", "x86_64"), g.value("platform", "windows"),
		g.value("instanceLifecycle", "spot"), g.value("privateIpAddress", g.address("10.0.0.")), g.value("ipAddress", g.address("54.0.0.")), g.value("ipv6Address", g.address("fd00::")),
		func() {
			g.element("placement", g.value("availabilityZone", "eu-west-1a"), g.value("tenancy", "default"))
		},
		func() { g.element("instanceState", g.value("code", "16"), g.value("name", "running")) },
		func() {
			g.element("iamInstanceProfile", g.value("arn", "arn:aws:iam::1:instance-profile/x"), g.value("id", "A"))
		},
		launched, g.groups(),
		g.list("tagSet", func() {
			g.element("item", g.value("key", []string{"Name", "env", "é"}[g.IntN(3)]), g.value("value", g.word()))
		}),
		g.list("networkInterfaceSet", func() {
			g.element("item",
				g.value("networkInterfaceId", "eni-"+g.number()), g.value("subnetId", "subnet-1"), g.value("vpcId", "vpc-1"),
				g.value("macAddress", "02:00:00:00:00:01"), g.groups(), index,
				g.rare("privateIpAddress", "10.0.0."), g.association(),
				g.list("privateIpAddressesSet", func() {
					g.element("item", g.value("privateIpAddress", g.address("10.0.0.")), primary, g.association())
				}),
				g.list("ipv6AddressesSet", func() { g.element("item", g.value("ipv6Address", g.address("fd00::"))) }),
			)
		}),
		g.list("secondaryInterfaceSet", func() {
			g.element("item", g.value("secondaryInterfaceId", "sni-"+g.number()), index, g.value("macAddress", "02:00:00:00:00:02"),
				g.list("privateIpAddressSet", func() { g.element("item", g.value("privateIpAddress", g.address("10.9.0."))) }))
		}),
	)
}

func (g *generator) answer() string {
	g.b.Reset()
	g.b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	g.b.WriteString(`<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/" xmlns:p="x">`)
	parts := []func(){
		g.value("requestId", "1"), g.value("nextToken", g.word()),
		g.list("reservationSet", func() {
			g.element("item", g.required("reservationId", "r-"+g.number()), g.value("ownerId", "1"), g.groups(), g.list("instancesSet", g.instance))
		}),
	}
	g.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for _, part := range parts {
		part()
	}
	g.b.WriteString("</DescribeInstancesResponse>")
	return g.b.String()
}
