package demo

import "strings"

// nameList holds the names that are common in one country.
type nameList struct{ given, family []string }

// names are in the countries' order.
var names = [len(countries)]nameList{
	{strings.Fields("Anna Lukas Marie Jonas Lena Felix Sophie Paul Laura Maximilian Julia Tim Katharina Jan Franziska Moritz Miriam Stefan Heike Jürgen Jörg Käthe Emre Aylin Björn Sabine"),
		strings.Fields("Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Krüger Hartmann Lange Yıldız Großmann Böhm Kaya Köhler Vogt Brandt")},
	{strings.Fields("Emily Michael Ashley Christopher Jessica Daniel Sarah Tyler Megan Brandon Maria Anthony Kayla Marcus Jasmine Kevin Hannah Luis Rachel DeShawn Grace Ethan"),
		strings.Fields("Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Wilson Anderson Thomas Taylor Moore Jackson Nguyen Thompson White Harris Ramirez Chen Patel")},
	{strings.Fields("Oliver Amelia George Isla Harry Olivia Jack Poppy Aisha Thomas Charlotte William Freya James Priya Callum Niamh Siân"),
		strings.Fields("Smith Evans Roberts Walker Wright Robinson Green Hall Wood Hughes Clarke Edwards O'Brien O'Connor MacDonald Begum Hussain Shah Bennett Lloyd")},
	{strings.Fields("Camille Lucas Chloé Hugo Léa Théo Manon Nathan Inès Élodie François Amélie Rémi Yasmine Benoît Zoé"),
		strings.Fields("Martin Bernard Dubois Durand Leroy Moreau Laurent Lefèvre Michel Garnier Faure Rousseau Bertrand Benali Girard Noël")},
	{strings.Fields("Zofia Jakub Katarzyna Michał Agnieszka Piotr Małgorzata Tomasz Magdalena Krzysztof Łukasz Joanna Paweł Ewa"),
		strings.Fields("Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Mazur Krawczyk")},
	{strings.Fields("Aarav Ananya Rohan Priya Arjun Kavya Vikram Sneha Rahul Meera Aditya Pooja Sanjay Divya Imran Fatima"),
		strings.Fields("Sharma Patil Deshmukh Kulkarni Joshi Iyer Reddy Nair Gupta Singh Khan Mehta Rao Shinde Chatterjee Pillai")},
	{strings.Fields("Daan Sanne Bram Lotte Sem Fleur Jeroen Femke Ruben Anouk Mohammed Noor"),
		strings.Fields("Jansen Bakker Visser Smit Meijer Mulder Bos Vos Peters Hendriks Dekker Brouwer")},
	{strings.Fields("Lucía Hugo Carmen Alejandro Sofía Javier Paula Íñigo Begoña Álvaro Marta José"),
		strings.Fields("García Fernández González López Sánchez Martínez Ruiz Jiménez Núñez Ibáñez Ferrer Peña")},
	{strings.Fields("João Beatriz Gabriel Larissa Rafael Fernanda Thiago Letícia Antônio Conceição"),
		strings.Fields("Silva Santos Oliveira Souza Ferreira Araújo Gonçalves Magalhães Barbosa Moraes")},
	{strings.Fields("Haruto Yui Sota Aoi Ren Hina Takumi Sakura Kenji Naoko"),
		strings.Fields("Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato")},
	{strings.Fields("Jack Matilda Lachlan Ruby Cooper Zoe Angus Imogen Minh Tahlia"),
		strings.Fields("Kelly Ryan Campbell Murphy Tran Fraser Sinclair Papadopoulos Nguyen Doyle")},
	{strings.Fields("Thabo Lerato Sipho Nomvula Pieter Anneke Zanele Kagiso Johan Ayanda"),
		strings.Fields("Nkosi Dlamini Botha Naidoo Mokoena Zulu Pretorius Khumalo Govender Adams")},
}

// partners are the organizations that Contoso's guests come from.
var partners = []string{"fabrikam.com", "northwindtraders.com", "adatum.com", "wingtiptoys.com", "tailspintoys.com", "proseware.com"}

var ascii = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue",
	"á", "a", "â", "a", "ã", "a", "ą", "a", "ç", "c", "ć", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "ę", "e", "É", "E",
	"í", "i", "î", "i", "ı", "i", "Í", "I", "ł", "l", "Ł", "L", "ñ", "n", "ń", "n", "ó", "o", "ô", "o", "õ", "o",
	"ś", "s", "ú", "u", "ź", "z", "ż", "z", "Á", "A", "'", "", " ", ".",
)

// mailName is the part of a user principal name before the @.
func mailName(displayName string) string { return strings.ToLower(ascii.Replace(displayName)) }
