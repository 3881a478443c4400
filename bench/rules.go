package main

// expressions are rules as installations have them: for names of other origins,
// which none of the stream has, and for some hosts, devices and aspects. About a
// seventh of the stream's names match one of them.
func expressions() []string {
	return []string{
		`^telegraf\.`,
		`^stats\.timers\.`,
		`^servers\.cache-[0-9]+\.redis\.`,
		`^servers\.host-01.*\.cpu`,
		`^servers\.host-00[2-9][0-9]+\.disk`,
		`^services\.[^.]+\.duration\.p95$`,
		`\.jvm\.(threads|classes)\.`,
		`^servers\.host-000[0-1][0-9]\.cpu\.core-0[0-3]\.`,
		`^servers\..*\.net\.eth1\.`,
		`^network\.(spine|leaf)-[0-9]+\.`,
		`\.(errors|refused)$`,
		`^servers\.host-000[2-4][0-9]\.memory\.`,
		`^rabbitmq\.node[0-9]+\.queue\..*\.published`,
		`^varnish\.`,
		`^servers\.[a-z]+-[0-9]+\.df\.root\.(last|mean|count)$`,
		`^carbon\.relays\.`,
		`^servers\..*\.load\.upper_90$`,
		`^stats\.counters\.`,
		`^nomad\.[^.]+\.allocs\.`,
	}
}
