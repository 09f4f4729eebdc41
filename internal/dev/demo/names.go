package demo

import "strings"

// partners are the organizations that Contoso's guests come from.
var partners = []string{"fabrikam.com", "northwindtraders.com", "adatum.com", "wingtiptoys.com", "tailspintoys.com",
	"proseware.com"}

var ascii = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue",
	"á", "a", "â", "a", "ã", "a", "ą", "a", "ç", "c", "ć", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "ę", "e", "É", "E",
	"í", "i", "î", "i", "ı", "i", "Í", "I", "ł", "l", "Ł", "L", "ñ", "n", "ń", "n", "ó", "o", "ô", "o", "õ", "o",
	"ś", "s", "ú", "u", "ź", "z", "ż", "z", "Á", "A", "'", "", " ", ".",
)

// mailName is the part of a user principal name before the @.
func mailName(displayName string) string { return strings.ToLower(ascii.Replace(displayName)) }
