"""The words by which columns of personal data are named, in languages of the Latin script."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a kind is called at the end of a column's name; the longest phrase wins. Words may be run together (firstname)
# or apart (first_name, FirstName).
PHRASES: dict[str, str] = {
    "email": (
        "email, mail, email address, mail address, email addr, emailadresse, mailadresse, email id, courriel, "
        "adresse email, adresse mail, adresse courriel, correo, correo electronico, posta elettronica, indirizzo "
        "email, e mailadres, mail id, email adr, mail adr, mailaddr, adres email, poczta elektroniczna, eposta, "
        "eposta adresi, epost, epostadress, sahkoposti, sahkopostiosoite, elektronicka posta, emailova adresa, email "
        "cim, adresa email, alamat email, correo email, endereco email, e mail bevestigd, contact email"
    ),
    "phone": (
        "phone, telephone, tel, mobile, mobile phone, cell phone, msisdn, whatsapp, phone number, contact number, "
        "mobile number, mobile no, cell number, telefon, telefonnummer, mobil, mobilnummer, handynummer, rufnummer, "
        "numero telephone, telefono, movil, celular, cellulare, telefone, telemovel, telefoon, telefoonnummer, gsm, "
        "fax, telefax, fax number, faxnummer, facsimile, tel no, tel nr, ph no, ph num, phone no, phone num, phone "
        "nr, mob, mob no, mobile nr, mobiltelefon, handy, festnetz, festnetznummer, telefone fixo, telefone celular, "
        "numero telefono, numero de telefono, numero de telephone, numero portable, numero di telefono, telefono "
        "movil, telefono cellulare, numero cellulare, mobiel, mobiele nummer, mobielnummer, numer telefonu, telefon "
        "komorkowy, cep telefonu, cep tel, telefon numarasi, gsm no, telefonnumer, mobiltelefonnummer, tlf, tlfnr, "
        "telefoninumero, puhelin, puhelinnumero, matkapuhelin, telefonni cislo, mobilni telefon, telefonszam, "
        "mobilszam, numar telefon, numar de telefon, nomor telepon, no telp, telepon, no hp, dien thoai, so dien "
        "thoai, emergency phone, landline"
    ),
    "first_name": (
        "first name, given name, forename, fname, name first, name given, preferred name, christian name, vorname, "
        "rufname, prenom, primer nombre, segundo nombre, nombre pila, primeiro nome, voornaam, tussenvoegsel, first "
        "nm, given names, giv name, vname, prenoms, nombre de pila, nombres, imie, pierwsze imie, on ad, fornamn, "
        "fornavn, tilltalsnamn, etunimi, krestni jmeno, keresztnev, utonev, prenume, nama depan"
    ),
    "middle_name": (
        "middle name, name middle, second first name, zweiter vorname, deuxieme prenom, second name, m name, mid "
        "name, middle initial, mellannamn, mellomnavn, drugie imie, ikinci ad, segundo nome"
    ),
    "last_name": (
        "last name, family name, surname, lname, name last, name family, maiden name, birth name, nachname, "
        "familienname, geburtsname, nom famille, nom naissance, apellido, apellidos, primer apellido, segundo "
        "apellido, cognome, sobrenome, ultimo nome, achternaam, last nm, nname, zuname, nom de famille, nom de "
        "naissance, apellido paterno, apellido materno, sobrenomes, ultimo apellido, nazwisko, nazwisko rodowe, "
        "nazwisko panienskie, soyad, soyadi, soyisim, efternamn, etternavn, efternavn, sukunimi, prijmeni, "
        "vezeteknev, csaladnev, nume familie, nume de familie, nama belakang, nama keluarga, meisjesnaam, "
        "tussenvoegsel achternaam"
    ),
    "full_name": (
        "full name, name full, complete name, legal name, real name, cardholder, account holder, salesperson, sales "
        "rep name, author, composer, addressee, ship name, ship to name, shipping name, billing name, bill to name, "
        "delivery name, nom complet, nombre completo, nome completo, volledige naam, vollstandiger name, "
        "ansprechpartner, next kin, emergency contact, person name, contact person, kontaktperson, vor und nachname, "
        "vorname nachname, name vorname, vollst name, nom et prenom, nom prenom, nombre y apellidos, nombre "
        "apellidos, apellidos y nombre, nome e cognome, nome cognome, nominativo, nome e sobrenome, voor en "
        "achternaam, imie i nazwisko, imie nazwisko, nazwisko i imie, ad soyad, adi soyadi, musteri adi, hasta adi, "
        "calisan adi, isim soyisim, fullstandigt namn, fullt navn, koko nimi, cele jmeno, jmeno a prijmeni, teljes "
        "nev, nume complet, nume si prenume, nama lengkap, ho ten, ho va ten, name on card, titulaire, intestatario, "
        "kontoinhaber, karteninhaber, empfanger, payee, payer, insured name"
    ),
    "user_name": (
        "user name, login, login name, login id, nickname, screen name, handle, display name, created by, updated "
        "by, modified by, last modified by, changed by, approved by, reviewed by, signed by, entered by, inserted "
        "by, deleted by, uploaded by, assigned by, assigned to, assignee, benutzername, nom utilisateur, "
        "identifiant, nombre usuario, nome utente, nome usuario, gebruikersnaam, usr name, uname, user login, login "
        "user, benutzerkennung, nutzername, anmeldename, nom d utilisateur, pseudo, nombre de usuario, nome de "
        "usuario, nome utilizador, nazwa uzytkownika, login uzytkownika, kullanici adi, anvandarnamn, brukernavn, "
        "brugernavn, kayttajatunnus, kayttajanimi, uzivatelske jmeno, felhasznalonev, nume utilizator, nama "
        "pengguna, ten dang nhap, twitter handle, instagram, skype, telegram"
    ),
    "street_address": (
        "address, addr, street, street address, street name, home address, mailing address, postal address, address "
        "line, address line 1, residence, strasse, anschrift, adresse, rue, calle, direccion, domicilio, indirizzo, "
        "via indirizzo, endereco, rua, logradouro, adres, straat, straatnaam, adr, adr 1, addr line, addr 1, street "
        "addr, street line, str nr, strasse nr, strasse hausnummer, strasse und hausnummer, wohnanschrift, "
        "wohnadresse, rechnungsadresse, lieferadresse, lieferanschrift, rechnungsanschrift, adresse postale, adresse "
        "domicile, numero et rue, voie, direccion postal, direccion domicilio, indirizzo residenza, endereco "
        "residencial, morada, straat en huisnummer, adres zamieszkania, ulica, ulica i numer, sokak, cadde, acik "
        "adres, ev adresi, adress, gatuadress, gateadresse, vejnavn, gata, osoite, katuosoite, lahiosoite, adresa, "
        "adresa bydliste, ulice, lakcim, utca, strada, alamat, jalan, dia chi"
    ),
    "secondary_address": (
        "address 2, address line 2, addr 2, street 2, address 3, address line 3, apartment, apartment number, apt, "
        "suite, adresszusatz, complement adresse, complemento, address line two, apt no, apt number, apartment no, "
        "flat number, flat no, wohnung, wohnungsnummer, appartement, mieszkanie, numer mieszkania, daire no, "
        "lagenhetsnummer"
    ),
    "building_number": (
        "house number, street number, building number, hausnummer, numero civico, huisnummer, house no, hausnr, hnr, "
        "hs nr, street no, numero rue, numero de rue, numero calle, huis nr, numer domu, nr domu, bina no, kapi no, "
        "husnummer, talonumero, cislo popisne, hazszam"
    ),
    "address": (
        "full address, complete address, formatted address, address text, adres tam, direccion completa, adresse "
        "complete, indirizzo completo, endereco completo, volledig adres, pelny adres, full addr, vollstandige "
        "adresse, komplette adresse"
    ),
    "postcode": (
        "postcode, postal code, zip, zip code, postal, zip 4, zip plus 4, plz, postleitzahl, code postal, codigo "
        "postal, cep, codice postale, postnummer, pincode, zip cd, postal cd, post cd, pcode, eircode, code postale, "
        "c postal, cod postal, kod pocztowy, posta kodu, postkod, postnr, postinumero, psc, smerovaci cislo, "
        "iranyitoszam, cod postale, kode pos, ma buu dien, postleitz, zip postal code"
    ),
    "city": (
        "city, town, locality, municipality, suburb, birth place, place of birth, city name, stadt, ort, wohnort, "
        "geburtsort, ville, commune, lieu naissance, ciudad, localidad, municipio, lugar nacimiento, citta, comune, "
        "luogo nascita, cidade, stad, plaats, woonplaats, geboorteplaats, miasto, miejscowosc, miejsce urodzenia, "
        "sehir, ilce, stad ort, postort, poststed, kaupunki, postitoimipaikka, obec, varos, telepules, kota, thanh "
        "pho, city town, gemeinde, localite, localita, domicile city, birth city, hometown"
    ),
    "state": (
        "state, province, region, county, canton, prefecture, state name, state code, state abbr, province code, "
        "state province, bundesland, departement, provincia, estado, regione, provincie, wojewodztwo, voivodeship, "
        "bolge, fylke, maakunta, megye, judet, provinsi, tinh, state region, kanton, federal state, estado uf"
    ),
    "country": (
        "country, country name, nationality, citizenship, birth country, land, staatsangehorigkeit, pays, "
        "nationalite, pais, nacionalidad, paese, nazionalita, nacionalidade, nationaliteit, panstwo, kraj, "
        "obywatelstwo, narodowosc, ulke, uyruk, vatandaslik, medborgarskap, statsborgerskap, kansalaisuus, orszag, "
        "allampolgarsag, cetatenie, negara, quoc gia, quoc tich, country of birth, country of residence, "
        "geburtsland, wohnsitzland"
    ),
    "country_code": "country code, country iso, iso country, country iso2, country iso3",
    "company": (
        "company, company name, employer, employer name, organization, organisation, organization name, organisation "
        "name, business name, firm, firma, firmenname, arbeitgeber, entreprise, societe, raison sociale, empresa, "
        "razon social, azienda, ragione sociale, razao social, bedrijf, bedrijfsnaam, nazwa firmy, pracodawca, "
        "sirket, sirket adi, isveren, foretag, foretagsnamn, firmanavn, arbeidsgiver, yritys, tyonantaja, "
        "spolecnost, zamestnavatel, cegnev, munkaltato, companie, angajator, perusahaan, nama perusahaan, cong ty, "
        "werkgever, datore di lavoro, empregador, empleador, employeur"
    ),
    "job": (
        "job title, job, occupation, profession, contact title, beruf, berufsbezeichnung, fonction, metier, puesto, "
        "profesion, professione, profissao, cargo, beroep, functietitel, zawod, stanowisko, meslek, yrke, "
        "befattning, stilling, ammatti, povolani, foglalkozas, beosztas, profesie, pekerjaan, nghe nghiep, position "
        "title, jobtitel, tatigkeit, qualifica, mansione, profissao cargo"
    ),
    "birth_date": (
        "birth date, date of birth, dob, birthday, born, born on, date birth, geburtsdatum, geburtstag, date "
        "naissance, date de naissance, fecha nacimiento, fecha de nacimiento, data nascita, data di nascita, data "
        "nascimento, data de nascimento, geboortedatum, birthdt, bdate, date of birth dob, gebdat, geb datum, "
        "geburtstermin, ne le, nato il, nacido el, f nacimiento, fec nac, fecha nac, data di nasc, data nasc, dt "
        "nasc, dt nascimento, nascimento, data urodzenia, data ur, dogum tarihi, dogum gunu, fodelsedatum, "
        "fodselsdato, fodselsdag, fodelsedag, syntymaaika, datum narozeni, szuletesi datum, szuletesnap, data "
        "nasterii, data nastere, tanggal lahir, tgl lahir, ngay sinh"
    ),
    "national_id": (
        "ssn, social security, social security number, social security no, national id, national identifier, "
        "national insurance number, nino, identity number, identity card, id card, id card number, personal id "
        "number, personal number, medical record number, mrn, patient number, personnummer, personalausweis, "
        "personalausweisnummer, ausweisnummer, sozialversicherungsnummer, numero securite sociale, securite sociale, "
        "dni, nie, curp, cpf, bsn, burgerservicenummer, pesel, aadhaar, aadhar, ssn number, social sec no, soc sec "
        "no, social insurance number, ni number, nhs number, national id number, national identity number, national "
        "number, identity no, identity card number, citizen id, government id, id document number, identification "
        "number, personal identification number, personal code, patient id number, health insurance number, "
        "versicherungsnummer, svnr, sv nummer, ahv nummer, rentenversicherungsnummer, krankenversicherungsnummer, "
        "steuer identifikationsnummer, ausweisnr, numero de securite sociale, num secu, numero identite, dni nie, "
        "documento identidad, documento de identidad, numero documento, cedula, carta identita, numero carta "
        "identita, cartao cidadao, numero cpf, numero pesel, nr pesel, dowod osobisty, numer dowodu, tc kimlik, tc "
        "kimlik no, tckn, kimlik no, nufus cuzdani, fodselsnummer, personnr, cpr, cpr nummer, henkilotunnus, hetu, "
        "rodne cislo, szemelyi szam, taj szam, cnp, cod numeric personal, no ktp, cmnd, cccd, rijksregisternummer, "
        "numero national, oib, jmbg, egn, emso, amka, teudat zehut"
    ),
    "passport_number": (
        "passport, passport number, passport no, reisepass, reisepassnummer, passeport, pasaporte, passport num, "
        "passport nr, pass nr, reisepassnr, passnummer, numero passeport, numero de passeport, numero pasaporte, "
        "passaporto, numero passaporto, passaporte, numero passaporte, paspoort, paspoortnummer, paszport, numer "
        "paszportu, pasaport, pasaport no, passinumero, cislo pasu, utlevel, utlevelszam, paspor, nomor paspor, ho "
        "chieu"
    ),
    "driver_license": (
        "driver license, drivers license, driving licence, driver licence, driving license, drivers license number, "
        "driver license number, driving licence number, fuhrerschein, fuhrerscheinnummer, permis conduire, drivers "
        "licence, drivers licence number, driving licence no, dl number, dl no, fuhrerscheinnr, numero permis, "
        "permis de conduire, licencia conducir, licencia de conducir, carnet de conducir, patente guida, numero "
        "patente, carta de conducao, cnh, rijbewijs, rijbewijsnummer, prawo jazdy, numer prawa jazdy, ehliyet, "
        "ehliyet no, korkort, korkortsnummer, forerkort, ajokortti, ridicsky prukaz, jogositvany, permis de "
        "conducere, bang lai xe"
    ),
    "tax_id": (
        "tax id, tax number, tax identifier, taxpayer id, tin, vat id, vat number, steuernummer, steuer id, ustid, "
        "numero fiscal, nif, codice fiscale, partita iva, tax no, tax nr, tax code, tax reference, taxpayer number, "
        "vat no, vat nr, steuernr, steueridentifikationsnummer, umsatzsteuer id, ust id nr, numero tva, siren, "
        "siret, cif, nif nie, cuit, p iva, cod fiscale, cnpj, contribuinte, numero contribuinte, btw nummer, nip, "
        "numer nip, vergi no, vergi numarasi, organisationsnummer, momsnummer, adoszam, adoazonosito, cod fiscal, "
        "npwp, ma so thue"
    ),
    "iban": "iban, iban number",
    "bank_account": (
        "bank account, bank account number, account number, account no, acct number, acct no, bank acct, routing "
        "number, sort code, kontonummer, bankverbindung, numero compte, cuenta bancaria, numero cuenta, numero "
        "conto, conta bancaria, numero conta, rekeningnummer, bankrekening, bank acc, bank acc no, bankkonto, bank "
        "account no, konto nr, compte bancaire, numero de compte, cuenta corriente, numero de cuenta, conto "
        "corriente, numero di conto, conta corrente, numero da conta, numer konta, nr konta, rachunek bankowy, numer "
        "rachunku, hesap no, hesap numarasi, bankkontonummer, tilinumero, cislo uctu, bankszamlaszam, cont bancar, "
        "nomor rekening, no rekening, so tai khoan"
    ),
    "credit_card_number": (
        "credit card, credit card number, credit card no, card number, card no, card num, cc number, cc num, debit "
        "card, debit card number, payment card number, kreditkarte, kreditkartennummer, numero carte, numero "
        "tarjeta, tarjeta credito, numero carta, carta credito, cartao credito, numero cartao, creditcardnummer, cc "
        "no, card nr, card pan, pan number, kartennummer, kreditkartennr, numero carte bancaire, carte bancaire, "
        "carte credit, numero de tarjeta, numero carta credito, numero do cartao, cartao de credito, kaartnummer, "
        "numer karty, karta kredytowa, kart no, kart numarasi, kredi karti, kredi karti no, kortnummer, kreditkort, "
        "luottokortti, kortin numero, cislo karty, kartyaszam, numar card, nomor kartu, so the"
    ),
    "credit_card_expiry": (
        "card expiry, card expiration, card expiry date, card expiration date, card exp date, card exp, cc exp, cc "
        "expiry, credit card expiry, credit card expiration, credit card exp, exp date card, card valid thru, card "
        "valid until, kartenablauf, gultig bis karte, vencimiento tarjeta, validade cartao, scadenza carta"
    ),
    "credit_card_security_code": (
        "cvv, cvv 2, cvc, cvc 2, csc, security code, card verification, card code, pin, pin number, cvv code, cvc "
        "code, card cvv, card cvc, prufnummer, prufziffer karte, pin code card, card pin, codigo seguridad, codice "
        "sicurezza, cryptogramme, codigo seguranca"
    ),
    "ip_address": (
        "ip, ip address, ip addr, ipv 4, ipv 6, remote addr, remote address, adresse ip, direccion ip, ip addresses, "
        "client ip, user ip, remote ip, source ip, src ip, dest ip, dst ip, ip adr, ip adresse, ip adres, adres ip, "
        "adresa ip, ip adresi, ip adress, ip osoite, endereco ip, indirizzo ip, last ip, login ip, signup ip, host "
        "ip"
    ),
    "mac_address": (
        "mac, mac address, mac addr, hardware address, mac addresses, mac adresse, adresse mac, direccion mac, "
        "indirizzo mac, endereco mac, adres mac, mac adres, mac adresi, hw address, hwaddr, wifi mac, ethernet mac, "
        "bssid"
    ),
    "latitude": (
        "latitude, lat, breitengrad, latitud, latitudine, geo lat, gps lat, lat deg, lati, szerokosc geograficzna, "
        "enlem, breedtegraad, geograf breite, leveysaste, zemepisna sirka, latitudinea, location lat"
    ),
    "longitude": (
        "longitude, lon, lng, long, langengrad, longitud, longitudine, geo lng, geo lon, geo long, gps lon, gps lng, "
        "gps long, lon deg, longi, laengengrad, dlugosc geograficzna, boylam, lengtegraad, geograf lange, "
        "pituusaste, zemepisna delka, longitudinea, location lng, location lon"
    ),
    "coordinates": (
        "coordinates, coordinate, coords, gps, gps coordinates, gps position, gps location, geo location, geo point, "
        "lat lng, lat lon, lat long, koordinaten, standort koordinaten, coordonnees, coordonnees gps, coordenadas, "
        "coordinate gps, coordinaten, wspolrzedne, koordinatlar, koordinater, koordinaatit, souradnice"
    ),
    "url": (
        "url, uri, website, homepage, web page, web address, site web, sitio web, sito web, photo path, avatar path, "
        "picture path, web url, web link, internetadresse, webadresse, webseite, profile url, profile link, "
        "linkedin, linkedin url, facebook, facebook url, avatar url, photo url, image url, picture url, site "
        "internet, page web, pagina web, enlace, strona www, strona internetowa, web sitesi, hemsida, hjemmeside, "
        "nettside, verkkosivu, webova stranka, weboldal, webhely, lien"
    ),
    "password": (
        "password, passwd, pwd, password hash, passwd hash, hashed password, password salt, password digest, "
        "encrypted password, passwort, kennwort, mot de passe, mot passe, contrasena, senha, wachtwoord, pass hash, "
        "pw hash, pass phrase, pw, user pass, user password, passwort hash, haslo, sifre, parola, losenord, passord, "
        "adgangskode, salasana, heslo, jelszo, kata sandi, mat khau, mot de passe hash, clave acceso"
    ),
    "token": (
        "token, api key, secret, secret key, access key, session id, session key, private key, client secret, otp "
        "secret, recovery code, reset code, verification code, device id, device token, auth token, access token, "
        "refresh token, bearer token, api token, api secret, session token, csrf token, jwt, secret token, push "
        "token, fcm token, oauth token, id token, webhook secret, signing key, encryption key, license key, ssh key, "
        "private key pem, credentials, credential, jeton, cle api, clave api, chiave api, chave api, api schlussel, "
        "klucz api, api anahtari, sess id"
    ),
    "license_plate": (
        "license plate, licence plate, plate number, number plate, plate no, registration plate, kennzeichen, "
        "nummernschild, plaque immatriculation, immatriculation, targa, kenteken, matricula vehiculo, plate, plate "
        "num, licence plate number, license plate number, vehicle registration, reg plate, reg no, vrn, kfz "
        "kennzeichen, autokennzeichen, plaque, numero immatriculation, matricula, placa, placa vehiculo, placa "
        "veiculo, numero targa, kentekennummer, numer rejestracyjny, tablica rejestracyjna, plaka, plaka no, "
        "registreringsnummer, regnr, nummerplade, rekisterinumero, rekisteritunnus, spz, rendszam, numar "
        "inmatriculare, nomor polisi, bien so"
    ),
    "paragraph": (
        "notes, note, comment, comments, remark, remarks, memo, bio, biography, about me, message, message text, "
        "message body, body, feedback, review text, complaint, kommentar, notiz, notizen, bemerkung, bemerkungen, "
        "nachricht, commentaire, commentaires, remarque, notas, comentario, comentarios, observaciones, mensaje, "
        "commento, commenti, messaggio, observacoes, mensagem, opmerking, opmerkingen, bericht, free text, freitext, "
        "description text, case notes, call notes, agent notes, internal notes, customer notes, chat, chat text, "
        "transcript, testimonial, reply text, anmerkung, anmerkungen, beschwerde, texte libre, message client, texto "
        "libre, testo libero, texto livre, uwagi, notatka, notatki, komentarz, opis zgloszenia, wiadomosc, notlar, "
        "aciklama, yorum, mesaj, anteckningar, anteckning, meddelande, merknad, melding, besked, huomautus, "
        "huomautukset, viesti, kommentti, poznamka, poznamky, zprava, megjegyzes, uzenet, observatii, mesaj text, "
        "catatan, komentar, pesan, ghi chu"
    ),
}

# Words too short or too common to count at the end of a longer name: they count as the whole name of a column.
WHOLE_NAMES: dict[str, str] = {
    "first_name": "first, first nm, ad, adi, isim, jmeno, ten, given",
    "last_name": "last, family",
    "phone": "ph, tel",
    "street_address": "str, via",
    "postcode": "cap",
    "city": "il, by, mesto, oras",
    "country": "land, stat, maa",
    "national_id": "sin, rut, nir, nik",
    "tax_id": "ein, rfc, inn, dic, cui",
    "bank_account": "rib",
    "url": "link",
    "token": "session, cookie",
}

# Words that other words are glued to in front: Kundentelefonnummer, workemail, custaddress.
GLUED_TO = (
    "emailadresse", "emailaddress", "email", "telefonnummer", "telefonnr", "handynummer", "mobilnummer", "telefon",
    "telefoonnummer", "phonenumber", "phoneno", "mobileno", "vorname", "nachname", "familienname", "voornaam",
    "achternaam", "firstname", "lastname", "surname", "fullname", "username", "benutzername", "gebruikersnaam",
    "password", "passwort", "wachtwoord", "anschrift", "adresse", "address", "strasse", "straat", "postleitzahl",
    "postcode", "zipcode", "wohnort", "geburtsdatum", "geburtstag", "geboortedatum", "birthdate", "birthday",
    "creditcard", "cardnumber", "kartennummer", "kontonummer", "bankverbindung", "passnummer",
)  # fmt: skip

# Words that may follow without changing what a column holds: email_work, phone_number, address1.
AFTERTHOUGHTS = _words(
    "particular particulier prive personnel personal principale 1 2 3 4 a b number num no nr primary secondary main "
    "home work mobile private business office day evening alt alternate alternative other old new current previous "
    "former original raw value text full line primaria client cliente kunde kunden customer contact person usuario "
    "utilisateur lower upper normalized normalised clean encrypted enc principal trabajo casa privat geschaeftlich "
    "domicile travail"
)

# Words just before a phrase that make it something else, such as server_address and batch_job.
NOT_AFTER: dict[str, frozenset[str]] = {
    "street_address": _words(
        "ip mac web memory wallet contract crypto bitcoin btc eth host server email mail e network node block register "
        "site url bus device blockchain"
    ),
    "phone": _words("has is"),
    "job": _words("batch cron print background sql etl export import"),
    "token": _words("has is"),
    "state": _words("order job machine workflow process payment task session lock"),
    "national_id": _words("vehicle device product part"),
    "email": _words("is has"),
    "bank_account": _words("ledger"),
    "secondary_address": _words("ip mac"),
}

# What people are called, as a table or before `name`.
PEOPLE = _words(
    "customer client employee person people user patient contact player member student pupil teacher professor staff "
    "subscriber passenger guest citizen resident tenant author applicant candidate donor driver doctor physician "
    "nurse cardholder borrower owner recipient receiver buyer seller sender visitor volunteer lead prospect worker "
    "agent manager representative rep salesperson salesman actor director individual human beneficiary insured "
    "policyholder witness victim colleague instructor coach trainer operator reviewer spouse partner parent child "
    "guardian father mother relative consumer holder participant attendee investor musician kunde kunden kundin "
    "mitarbeiter mitarbeiterin benutzer nutzer personen patienten schuler lehrer arzt ansprechpartner personne "
    "personnes clients utilisateur utilisateurs salarie eleve medecin cliente clientes empleado empleados usuario "
    "usuarios paciente pacientes persona personas alumno medico dipendente dipendenti utente utenti paziente persone "
    "clienti pessoa pessoas funcionario funcionarios utilizador aluno klant klanten medewerker medewerkers gebruiker "
    "gebruikers persoon cust usr emp pracownik pracownicy klient klienci pacjent pacjenci uzytkownik uzytkownicy "
    "osoba osoby musteri musteriler calisan calisanlar hasta hastalar kullanici kullanicilar kisi kisiler kunder "
    "medarbetare anvandare personer medlem medlemmar ansatte brukere bruger asiakas asiakkaat henkilo tyontekija "
    "zakaznik zakaznici zamestnanec zamestnanci ugyfel ugyfelek felhasznalo angajat angajati utilizator pelanggan "
    "karyawan pengguna khachhang nhanvien membre membres patientin schueler aerzte hausarzt personal stakeholder "
    "shareholder householder"
)

# Words after which a table is still about what stands before them: user_profiles.
ABOUT_THE_SAME = _words("profile detail info information record master data tbl table list history")

# A name, whoever bears it.
NAME = _words("name nm nom nombre nome naam namn navn nimi nazwa nume nama nev jmeno")

# Words between which and a table of people a name is still that of a person.
BEFORE_NAME = _words("display legal common whole official complete contact sender recipient to from")

# Tables in which a full name is not one of people.
THINGS = _words(
    "school product item category company organization organisation team file document park station airport city "
    "country region store shop warehouse department brand genre artist album track film movie book song playlist "
    "device machine vehicle course subject project event venue hotel restaurant type status role"
)

# What a comment tells surely enough.
TOLD_BY_COMMENTS = _words(
    "email phone first_name last_name full_name user_name street_address national_id tax_id passport_number "
    "driver_license iban bank_account credit_card_number ip_address mac_address password license_plate birth_date "
    "postcode latitude longitude coordinates token url"
)

# Words at the end of a column's name, behind what somebody has done: prescribed_by, erfasst_von, saisi_par.
BY = _words("by von durch par por da door przez av af")

# Words at the end of the names of things: they rule out what only the form of some values speaks for.
OF_THINGS = _words(
    "sku ean isbn issn upc gtin barcode asin checksum etag commit revision sha md5 crc version release build status "
    "type category categorie kategorie categoria color colour farbe couleur quantity qty price amount total product "
    "produkt produit producto prodotto article artikel item brand marke model modell series month day week weekday "
    "unit currency size material serial part batch lot tracking shipment invoice order bestellung commande pedido "
    "ordine bestellnummer auftragsnummer artikelnummer rechnungsnummer seriennummer sendungsnummer reference ref"
)

# What may follow such a word without making it another thing: product_code, order_no.
AFTER_THINGS = _words("number num no nr nummer code id key name title label hash digest numero 1 2 3")
