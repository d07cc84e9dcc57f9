"""The words by which columns of personal data are named, in English and six other languages."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What a kind is called at the end of a column's name; the longest phrase wins. Words may be run together (firstname)
# or apart (first_name, FirstName).
PHRASES: dict[str, str] = {
    "email": (
        "email, e mail, mail, email address, e mail address, mail address, email addr, emailadresse, mailadresse, "
        "email id, courriel, adresse email, adresse mail, adresse courriel, correo, correo electronico, "
        "posta elettronica, indirizzo email, e mailadres, emailadres"
    ),
    "phone": (
        "phone, telephone, tel, mobile, mobile phone, cell phone, cellphone, msisdn, whatsapp, phone number, "
        "contact number, mobile number, mobile no, cell number, telefon, telefonnummer, mobil, mobilnummer, "
        "handynummer, rufnummer, numero telephone, telefono, movil, celular, cellulare, telefone, telemovel, "
        "telefoon, telefoonnummer, gsm, fax, telefax, fax number, faxnummer, facsimile"
    ),
    "first_name": (
        "first name, given name, forename, fname, name first, name given, preferred name, christian name, vorname, "
        "rufname, prenom, primer nombre, segundo nombre, nombre pila, primeiro nome, voornaam, tussenvoegsel"
    ),
    "middle_name": "middle name, name middle, second first name, zweiter vorname, deuxieme prenom",
    "last_name": (
        "last name, family name, surname, lname, name last, name family, maiden name, birth name, nachname, "
        "familienname, geburtsname, nom famille, nom naissance, apellido, apellidos, primer apellido, "
        "segundo apellido, cognome, sobrenome, ultimo nome, achternaam"
    ),
    "full_name": (
        "full name, fullname, name full, complete name, legal name, real name, cardholder, card holder, "
        "account holder, salesperson, sales person, sales rep name, author, composer, addressee, ship name, "
        "ship to name, shipping name, billing name, bill to name, delivery name, nom complet, nombre completo, "
        "nome completo, volledige naam, vollstandiger name, ansprechpartner, next kin, emergency contact"
    ),
    "user_name": (
        "user name, username, login, login name, login id, nickname, nick name, screen name, screenname, handle, "
        "display name, created by, updated by, modified by, last modified by, changed by, approved by, reviewed by, "
        "signed by, entered by, inserted by, deleted by, uploaded by, assigned by, assigned to, assignee, "
        "benutzername, nom utilisateur, identifiant, nombre usuario, nome utente, nome usuario, gebruikersnaam"
    ),
    "street_address": (
        "address, addr, street, street address, street name, home address, mailing address, postal address, "
        "address line, address line 1, residence, strasse, anschrift, adresse, rue, calle, direccion, domicilio, "
        "indirizzo, via indirizzo, endereco, rua, logradouro, adres, straat, straatnaam"
    ),
    "secondary_address": (
        "address 2, address line 2, addr 2, street 2, address 3, address line 3, apartment, apartment number, apt, "
        "suite, adresszusatz, complement adresse, complemento"
    ),
    "building_number": (
        "house number, street number, building number, hausnummer, numero civico, huisnummer, house no"
    ),
    "address": "full address, complete address, formatted address, address text",
    "postcode": (
        "postcode, post code, postal code, zip, zip code, postal, zip 4, zip plus 4, plz, postleitzahl, code postal, "
        "codigo postal, cep, codice postale, postnummer, pincode"
    ),
    "city": (
        "city, town, locality, municipality, suburb, birth place, birthplace, place of birth, city name, stadt, ort, "
        "wohnort, geburtsort, ville, commune, lieu naissance, ciudad, localidad, municipio, lugar nacimiento, citta, "
        "comune, luogo nascita, cidade, stad, plaats, woonplaats, geboorteplaats"
    ),
    "state": (
        "state, province, region, county, canton, prefecture, state name, state code, state abbr, province code, "
        "state province, bundesland, departement, provincia, estado, regione, provincie"
    ),
    "country": (
        "country, country name, nationality, citizenship, birth country, land, staatsangehorigkeit, pays, "
        "nationalite, pais, nacionalidad, paese, nazionalita, nacionalidade, nationaliteit"
    ),
    "country_code": "country code, country iso, iso country, country iso2, country iso3",
    "company": (
        "company, company name, employer, employer name, organization, organisation, organization name, "
        "organisation name, business name, firm, firma, firmenname, arbeitgeber, entreprise, societe, "
        "raison sociale, empresa, razon social, azienda, ragione sociale, razao social, bedrijf, bedrijfsnaam"
    ),
    "job": (
        "job title, job, occupation, profession, contact title, beruf, berufsbezeichnung, fonction, metier, puesto, "
        "profesion, professione, profissao, cargo, beroep, functietitel"
    ),
    "birth_date": (
        "birth date, date of birth, dob, birthday, born, born on, date birth, geburtsdatum, geburtstag, "
        "date naissance, date de naissance, fecha nacimiento, fecha de nacimiento, data nascita, data di nascita, "
        "data nascimento, data de nascimento, geboortedatum"
    ),
    "national_id": (
        "ssn, social security, social security number, social security no, national id, national identifier, "
        "national insurance number, nino, identity number, identity card, id card, id card number, "
        "personal id number, personal number, medical record number, mrn, patient number, personnummer, "
        "personalausweis, personalausweisnummer, ausweisnummer, sozialversicherungsnummer, numero securite sociale, "
        "securite sociale, dni, nie, curp, cpf, bsn, burgerservicenummer, pesel, aadhaar, aadhar"
    ),
    "passport_number": ("passport, passport number, passport no, reisepass, reisepassnummer, passeport, pasaporte"),
    "driver_license": (
        "driver license, drivers license, driving licence, driver licence, driving license, drivers license number, "
        "driver license number, driving licence number, fuhrerschein, fuhrerscheinnummer, permis conduire"
    ),
    "tax_id": (
        "tax id, tax number, tax identifier, taxpayer id, tin, vat id, vat number, steuernummer, steuer id, ustid, "
        "numero fiscal, nif, codice fiscale, partita iva"
    ),
    "iban": "iban, iban number",
    "bank_account": (
        "bank account, bank account number, account number, account no, acct number, acct no, bank acct, "
        "routing number, sort code, kontonummer, bankverbindung, numero compte, cuenta bancaria, numero cuenta, "
        "numero conto, conta bancaria, numero conta, rekeningnummer, bankrekening"
    ),
    "credit_card_number": (
        "credit card, credit card number, credit card no, card number, card no, card num, cc number, cc num, "
        "debit card, debit card number, payment card number, kreditkarte, kreditkartennummer, numero carte, "
        "numero tarjeta, tarjeta credito, numero carta, carta credito, cartao credito, numero cartao, "
        "creditcardnummer"
    ),
    "credit_card_expiry": (
        "card expiry, card expiration, card expiry date, card expiration date, card exp date, card exp, cc exp, "
        "cc expiry, credit card expiry, credit card expiration, credit card exp"
    ),
    "credit_card_security_code": (
        "cvv, cvv 2, cvc, cvc 2, csc, security code, card verification, card code, pin, pin number"
    ),
    "ip_address": ("ip, ip address, ip addr, ipv 4, ipv 6, remote addr, remote address, adresse ip, direccion ip"),
    "mac_address": "mac, mac address, mac addr, hardware address",
    "latitude": "latitude, lat, breitengrad, latitud, latitudine",
    "longitude": "longitude, lon, lng, long, langengrad, longitud, longitudine",
    "url": (
        "url, uri, website, web site, homepage, home page, web page, webpage, web address, site web, sitio web, "
        "sito web, photo path, avatar path, picture path"
    ),
    "password": (
        "password, passwd, pwd, password hash, passwd hash, hashed password, password salt, password digest, "
        "encrypted password, passwort, kennwort, mot de passe, mot passe, contrasena, senha, wachtwoord"
    ),
    "token": (
        "token, api key, apikey, secret, secret key, access key, session id, session key, private key, "
        "client secret, otp secret, recovery code, reset code, verification code, device id, device token"
    ),
    "license_plate": (
        "license plate, licence plate, plate number, number plate, plate no, registration plate, kennzeichen, "
        "nummernschild, plaque immatriculation, immatriculation, targa, kenteken, matricula vehiculo"
    ),
    "paragraph": (
        "notes, note, comment, comments, remark, remarks, memo, bio, biography, about me, message, message text, "
        "message body, body, feedback, review text, complaint, kommentar, notiz, notizen, bemerkung, bemerkungen, "
        "nachricht, commentaire, commentaires, remarque, notas, comentario, comentarios, observaciones, mensaje, "
        "commento, commenti, messaggio, observacoes, mensagem, opmerking, opmerkingen, bericht"
    ),
}

# Words that may follow without changing what a column holds: email_work, phone_number, address1.
AFTERTHOUGHTS = _words(
    "1 2 3 4 a b number num no nr primary secondary main home work mobile private personal business office day "
    "evening alt alternate alternative other old new current previous former original raw value text full line "
    "primaria client cliente kunde kunden customer contact person usuario utilisateur lower upper normalized "
    "normalised clean encrypted enc principal trabajo casa privat geschaeftlich domicile travail"
)

# Words just before a phrase that make it something else, such as server_address and batch_job.
NOT_AFTER: dict[str, frozenset[str]] = {
    "street_address": _words(
        "ip mac web memory wallet contract crypto bitcoin btc eth host server network node block register site url "
        "bus device blockchain"
    ),
    "phone": _words("has is"),
    "job": _words("batch cron print background sql etl export import"),
    "token": _words("has is"),
    "state": _words("order job machine workflow process payment task"),
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
    "gebruikers persoon"
)

# Words after which a table is still about what stands before them: user_profiles.
ABOUT_THE_SAME = _words("profile detail info information record master data tbl table list history")

# A name, whoever bears it.
NAME = _words("name nom nombre nome naam namn")

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
    "driver_license iban bank_account credit_card_number ip_address password license_plate"
)
