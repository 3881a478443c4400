package stunnelconf

import (
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/nearest"
)

// global are the options that are about the process, as the manual of 5.68 has them.
var global = []string{
	"chroot", "compression", "EGD", "engine", "engineCtrl", "engineDefault", "fips", "foreground", "iconActive",
	"iconError", "iconIdle", "log", "output", "pid", "RNDbytes", "RNDfile", "RNDoverwrite", "syslog", "taskbar",
}

// perService are the options of services. Before the first service they are
// defaults for all. debug, service, setgid and setuid are about the process there.
var perService = []string{
	"accept", "CAengine", "CApath", "CAfile", "cert", "checkEmail", "checkHost", "checkIP", "ciphers", "ciphersuites",
	"client", "config", "connect", "CRLpath", "CRLfile", "curves", "logId", "debug", "delay", "engineId", "engineNum",
	"exec", "execArgs", "failover", "ident", "include", "key", "libwrap", "local", "OCSP", "OCSPaia", "OCSPflag",
	"OCSPnonce", "options", "protocol", "protocolAuthentication", "protocolDomain", "protocolHeader", "protocolHost",
	"protocolPassword", "protocolUsername", "PSKidentity", "PSKsecrets", "pty", "redirect", "renegotiation", "reset",
	"retry", "requireCert", "securityLevel", "service", "setgid", "setuid", "sessionCacheSize", "sessionCacheTimeout",
	"sessionResume", "sessiond", "sni", "socket", "sslVersion", "sslVersionMax", "sslVersionMin", "stack",
	"ticketKeySecret", "ticketMacSecret", "TIMEOUTbusy", "TIMEOUTclose", "TIMEOUTconnect", "TIMEOUTidle", "transparent",
	"verify", "verifyChain", "verifyPeer",
}

// process are those of perService that are about the process before the first
// service.
var process = []string{"debug", "service", "setgid", "setuid"}

// spell returns an option's name as the manual has it: its case does not matter.
func spell(name string, list []string) (string, bool) {
	i := slices.IndexFunc(list, func(k string) bool { return strings.EqualFold(k, name) })
	if i < 0 {
		return name, false
	}
	return list[i], true
}

// meant returns the option that was probably meant, or "".
func meant(name string) string {
	all := slices.Concat(perService, global)
	lower := make([]string, len(all))
	for i, k := range all {
		lower[i] = strings.ToLower(k)
	}
	i := slices.Index(lower, nearest.Word(strings.ToLower(name), lower))
	if i < 0 {
		return ""
	}
	return all[i]
}
