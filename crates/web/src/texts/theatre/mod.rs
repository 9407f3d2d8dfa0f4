//! What the theatre says. Words of machines, messages and judge stand in tables: word, English, German.

mod cheats;
mod claims;
mod said;
mod states;

use semper_theatre::{Play, Purse, Who, Wish};

use super::{Language, texts};

texts! {
    /// The frame of the theatre.
    Theatre {
        title: "Theatre of fair exchange" / "Theater des fairen Tauschs";
        intro: "Here you play an exchange, message by message: let messages arrive or get lost, let time pass, let somebody fall silent or lie. The programs on this stage are the ones that trade in this market, and the judge is the one that would decide; only keys, money and clock are made up. Nothing here touches a real deal." / "Hier spielen Sie einen Tausch, Nachricht für Nachricht: Lassen Sie Nachrichten ankommen oder verloren gehen, lassen Sie Zeit vergehen, lassen Sie jemanden verstummen oder lügen. Die Programme auf dieser Bühne sind dieselben, die in diesem Markt handeln, und der Richter ist der, der entscheiden würde; nur Schlüssel, Geld und Uhr sind erfunden. Kein echtes Geschäft wird berührt.";
        try_it: "Try to get something for nothing. The promise is that you cannot." / "Versuchen Sie, etwas umsonst zu bekommen. Versprochen ist: Es geht nicht.";
        choose: "Choose a play" / "Wählen Sie ein Stück";
        open: "Open the curtain" / "Vorhang auf";
        all: "All plays" / "Alle Stücke";
        clock: "Clock" / "Uhr";
        day: "day {}" / "Tag {}";
        money: "Money" / "Geld";
        now: "What just happened" / "Was gerade geschah";
        begins: "The curtain is up: everybody has begun, and nothing has arrived yet." / "Der Vorhang ist auf: Alle haben begonnen, nichts ist angekommen.";
        over: "All is over: nothing more happens by itself." / "Alles ist vorbei: Von selbst geschieht nichts mehr.";
        full: "The stage is full: this performance is at its end. Go back or begin again." / "Die Bühne ist voll: Diese Aufführung ist zu Ende. Gehen Sie zurück oder beginnen Sie neu.";
        next: "Next: {}" / "Weiter: {}";
        on: "Play to the end" / "Bis zum Ende spielen";
        time: "Let time pass until something happens" / "Zeit vergehen lassen, bis etwas geschieht";
        undo: "One step back" / "Einen Schritt zurück";
        again: "Begin again" / "Neu beginnen";
        players: "Who is on stage" / "Wer auf der Bühne steht";
        acts_in: "acts by itself in {}" / "handelt von selbst, Wartezeit noch {}";
        acts_now: "acts by itself as soon as time passes" / "handelt von selbst, sobald Zeit vergeht";
        seconds: "{} seconds" / "{} Sekunden";
        minutes: "{} minutes" / "{} Minuten";
        hours: "{} hours" / "{} Stunden";
        days: "{} days" / "{} Tage";
        silent: "Silent: its program does nothing any more." / "Verstummt: Sein Programm tut nichts mehr.";
        has: "Has" / "Hat";
        nothing: "nothing" / "nichts";
        evidence: "Statements in hand: {}" / "Erklärungen in der Hand: {}";
        by: "{} ({})" / "{} ({})";
        asked: "is asked" / "wird gefragt";
        wants: "Its owner may want" / "Sein Besitzer kann wollen";
        falls_silent: "Falls silent" / "Verstummt";
        way: "On the way" / "Unterwegs";
        way_none: "Nothing is on its way." / "Nichts ist unterwegs.";
        from_to: "{} to {}" / "{} an {}";
        lie: "a lie" / "eine Lüge";
        deliver: "Let it arrive" / "Ankommen lassen";
        deliver_all: "Let everything arrive" / "Alles ankommen lassen";
        lose: "Lose it" / "Verlieren";
        lies: "Lies" / "Lügen";
        lies_text: "Everybody may lie with its own key and what it has seen. What is not possible now is greyed." / "Jeder kann lügen, mit dem eigenen Schlüssel und dem, was er gesehen hat. Was jetzt nicht möglich ist, ist ausgegraut.";
        not_now: "not possible now" / "jetzt nicht möglich";
        lied: "told" / "erzählt";
        register: "The register" / "Das Register";
        register_text: "Rows that are written once, by whoever keeps the money or else by the notary. They decide." / "Zeilen, die nur einmal geschrieben werden: von dem, der das Geld verwahrt, oder sonst vom Notar. Sie entscheiden.";
        register_none: "Nothing is written yet." / "Noch steht nichts darin.";
        who: "Who" / "Wer";
        says: "Says" / "Sagt";
        when: "When" / "Wann";
        judge: "What the judge would say" / "Was der Richter sagen würde";
        judge_text: "Computed from what each side holds at this moment, and from everything together. Missing evidence convicts nobody." / "Berechnet aus dem, was jede Seite in diesem Augenblick in der Hand hat, und aus allem zusammen. Fehlende Beweise überführen niemanden.";
        together: "Everything together" / "Alles zusammen";
        shown_by: "Evidence of" / "Beweise von";
        standing: "Where they stand" / "Wo sie stehen";
        standing_none: "owed nothing by this" / "hierdurch nichts geschuldet";
        convicted: "Convicted" / "Überführt";
        nobody: "nobody" / "niemand";
        proven: "Proven" / "Bewiesen";
        proven_none: "nothing" / "nichts";
        proven_many: "{} proven" / "{} bewiesen";
        story: "The story so far" / "Die Geschichte bis hierher";
        back_here: "back to here" / "hierher zurück";
        address: "The address of this page is the whole performance: keep it or pass it on." / "Die Adresse dieser Seite ist die ganze Aufführung: Heben Sie sie auf oder geben Sie sie weiter.";
        a_all: "Everything arrives" / "Alles kommt an";
        n_arrives: "Arrives: {}" / "Kommt an: {}";
        n_lost: "Lost: {}" / "Verloren: {}";
        n_sent: "{} sends {}: “{}”" / "{} sendet an {}: „{}“";
        n_kept: "{} keeps back: “{}”" / "{} hält zurück: „{}“";
        n_refused: "{} refuses it: {}" / "{} weist es ab: {}";
        n_row: "{} writes into its register: “{}”" / "{} schreibt ins Register: „{}“";
        n_money: "The money: {}" / "Das Geld: {}";
        n_asked: "{} is asked: “{}”" / "{} wird gefragt: „{}“";
        n_looked: "{} opens the file and looks at it." / "{} öffnet die Datei und sieht sie an.";
        n_passed: "Time passes ({}); it is {}" / "Zeit vergeht ({}); es ist {}";
        n_state: "{}: {}" / "{}: {}";
        n_nothing: "Nothing comes of it." / "Daraus folgt nichts.";
        n_taken: "It is taken; nothing more follows yet." / "Sie ist angenommen; mehr folgt noch nicht.";
        n_unread: "Nobody reads it any more." / "Niemand liest sie mehr.";
        n_lied: "The lie is told: see what comes of it." / "Die Lüge ist erzählt: Sehen Sie, was daraus wird.";
        n_never: "It will never arrive." / "Sie wird nie ankommen.";
        n_silent: "Its program does nothing any more." / "Sein Programm tut nichts mehr.";
        a_yes: "{} says yes: “{}”" / "{} sagt Ja: „{}“";
        a_no: "{} says no: “{}”" / "{} sagt Nein: „{}“";
        a_command: "{}: {}" / "{}: {}";
        a_silent: "{} falls silent" / "{} verstummt";
        a_cheat: "A lie: {}" / "Eine Lüge: {}";
        yes: "Yes" / "Ja";
        no: "No" / "Nein";
        wrong: "This address is no performance that could be played" / "Diese Adresse ist keine spielbare Aufführung";
        wrong_next: "Choose a play from the list and begin again." / "Wählen Sie ein Stück aus der Liste und beginnen Sie neu.";
        quoted: "“{}” ({})" / "„{}“ ({})";
        message: "a message" / "eine Nachricht";
    }
}

/// A word, in English and in German.
pub(super) type Row = (&'static str, &'static str, &'static str);

/// What a table says to a word; empty if it does not know it.
fn look(language: Language, table: &'static [Row], word: &str) -> &'static str {
    let found = table.iter().find(|(known, ..)| *known == word);
    found.map_or("", |(_, english, german)| if language == Language::En { english } else { german })
}

/// The words in one language.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// In which language.
    pub language: Language,
    /// Of which play.
    pub play: Play,
}

const PLAYS: &[Row] = &[
    ("dg-p", "A file for money", "Eine Datei gegen Geld"),
    ("hash-lock", "Data for money, by a hash lock", "Daten gegen Geld, mit Hash-Sperre"),
    ("cs2", "A contract of two", "Ein Vertrag zu zweit"),
    ("csn-a-2", "A contract of two through the notary", "Ein Vertrag zu zweit über den Notar"),
    ("csn-a-3", "A contract of three through the notary", "Ein Vertrag zu dritt über den Notar"),
    ("csn-a-4", "A contract of four through the notary", "Ein Vertrag zu viert über den Notar"),
    ("csn-c", "A contract of three in rounds", "Ein Vertrag zu dritt in Runden"),
    ("cm", "A registered letter", "Ein Einschreiben"),
    ("cm-online", "A registered letter through the notary", "Ein Einschreiben über den Notar"),
    ("joint-deal", "A joint deal: a letter for money", "Ein Verbundgeschäft: ein Brief gegen Geld"),
    ("transfer", "A container that arrives as a whole", "Ein Behälter, der als Ganzes ankommt"),
    ("currency-change", "Euros for dollars in one decision", "Euro gegen Dollar in einer Entscheidung"),
    ("escrow", "A parcel for money under escrow", "Ein Paket gegen treuhänderisch gesperrtes Geld"),
    ("payment", "Money for a receipt", "Geld gegen Quittung"),
];

const ABOUT: &[Row] = &[
    (
        "dg-p",
        "The buyer wants the key of a file, the seller wants 40.00 EUR. The bank holds the money and keeps the register; the notary has the key in reserve and is needed only if somebody stops.",
        "Der Käufer will den Schlüssel einer Datei, der Verkäufer will 40,00 EUR. Die Bank hält das Geld und führt das Register; der Notar hat den Schlüssel in Reserve und wird nur gebraucht, wenn jemand aufhört.",
    ),
    (
        "cs2",
        "Anna and Ben want each other's signature under a contract. First both promise, then both sign. The notary is asked only if somebody stops.",
        "Anna und Ben wollen je die Unterschrift des anderen unter einem Vertrag. Erst versprechen beide, dann unterschreiben beide. Der Notar wird nur gefragt, wenn jemand aufhört.",
    ),
    (
        "csn-a-2",
        "Everybody gives the signature to the notary, which keeps all of them to itself until it has every one.",
        "Alle geben ihre Unterschrift dem Notar, der alle für sich behält, bis er jede hat.",
    ),
    (
        "csn-a-3",
        "Everybody gives the signature to the notary, which keeps all of them to itself until it has every one.",
        "Alle geben ihre Unterschrift dem Notar, der alle für sich behält, bis er jede hat.",
    ),
    (
        "csn-a-4",
        "Everybody gives the signature to the notary, which keeps all of them to itself until it has every one.",
        "Alle geben ihre Unterschrift dem Notar, der alle für sich behält, bis er jede hat.",
    ),
    (
        "csn-c",
        "Anna, Ben and Clara pledge in three rounds, everybody to everybody, and then sign. Whoever is stuck stops for good and asks the notary, which answers each by what the others have shown. No clock ends it, and if nobody stops the notary has nothing to do.",
        "Anna, Ben und Clara versprechen in drei Runden, alle an alle, und unterschreiben dann. Wer nicht weiterkommt, hört endgültig auf und fragt den Notar, der jedem nach dem antwortet, was die anderen gezeigt haben. Keine Uhr beendet es, und wenn niemand aufhört, hat der Notar nichts zu tun.",
    ),
    (
        "cm",
        "The sender wants a receipt, the receiver wants to read the letter. The letter travels sealed; its key is given for the receipt. The notary is asked only if somebody stops.",
        "Der Absender will eine Quittung, der Empfänger will den Brief lesen. Der Brief reist versiegelt; seinen Schlüssel gibt es gegen die Quittung. Der Notar wird nur gefragt, wenn jemand aufhört.",
    ),
    (
        "cm-online",
        "The sender gives the key to the notary, the receiver gives the receipt to the notary. It hands over both or neither, and cannot read the letter.",
        "Der Absender gibt dem Notar den Schlüssel, der Empfänger gibt dem Notar die Quittung. Er händigt beides aus oder keines, und lesen kann er den Brief nicht.",
    ),
    (
        "hash-lock",
        "The buyer has sealed data and wants its key, the seller wants 40.00 EUR. The bank locks the money and pays it in the same row in which it shows the key; when the time is over, the money goes back. There is no notary.",
        "Der Käufer hat versiegelte Daten und will deren Schlüssel, der Verkäufer will 40,00 EUR. Die Bank sperrt das Geld und zahlt es in derselben Zeile aus, in der sie den Schlüssel zeigt; ist die Zeit um, geht das Geld zurück. Einen Notar gibt es nicht.",
    ),
    (
        "joint-deal",
        "The buyer has a sealed letter and wants its key, the seller wants 40.00 EUR. The bank locks the money, the seller gives the key to the notary, and one row of the notary decides both: the bank pays by it, or gives back by it.",
        "Der Käufer hat einen versiegelten Brief und will dessen Schlüssel, der Verkäufer will 40,00 EUR. Die Bank sperrt das Geld, der Verkäufer gibt dem Notar den Schlüssel, und eine Zeile des Notars entscheidet beides: Nach ihr zahlt die Bank aus, oder nach ihr gibt sie zurück.",
    ),
    (
        "currency-change",
        "Anna has 40.00 EUR at one bank, Ben has 43.20 USD at another. Each bank locks its customer's money, and one row of the notary decides both: both banks pay over by it, or both give back by it. No bank needs to know the other.",
        "Anna hat 40,00 EUR bei einer Bank, Ben hat 43,20 USD bei einer anderen. Jede Bank sperrt das Geld ihres Kunden, und eine Zeile des Notars entscheidet beides: Nach ihr zahlen beide Banken aus, oder nach ihr geben beide zurück. Keine Bank muss die andere kennen.",
    ),
    (
        "transfer",
        "The sender sends the papers of a flat: one container with two files, each in two parts, sealed for the receiver. All of it arrives or nothing: until every part is there and good, nothing can be seen. Nothing is promised for it, so nobody is owed anything.",
        "Der Absender schickt die Papiere einer Wohnung: einen Behälter mit zwei Dateien, jede in zwei Teilen, versiegelt für den Empfänger. Alles kommt an oder nichts: Bevor jeder Teil da und gut ist, ist nichts zu sehen. Nichts ist dafür versprochen, also wird niemandem etwas geschuldet.",
    ),
    (
        "escrow",
        "A parcel for 40.00 EUR. No register can see a parcel, so this is weaker: the bank keeps the money, silence is on the side that the last row speaks for, and who disagrees in time has the arbiter divide.",
        "Ein Paket für 40,00 EUR. Kein Register sieht ein Paket, also ist dies schwächer: Die Bank verwahrt das Geld, Schweigen ist auf der Seite, für die die letzte Zeile spricht, und wer rechtzeitig widerspricht, lässt den Schlichter teilen.",
    ),
    (
        "payment",
        "The payee wants 40.00 EUR of rent, the payer wants a receipt for it. The receipt is signed first, and says: received, if the bank says that it was paid. So whoever has the money has given the receipt; a reference at the bank is used once, and there is no notary.",
        "Der Empfänger will 40,00 EUR Miete, der Zahler will eine Quittung dafür. Die Quittung wird zuerst unterschrieben und sagt: erhalten, wenn die Bank sagt, dass gezahlt ist. Wer also das Geld hat, hat die Quittung gegeben; eine Referenz bei der Bank gilt für eine Zahlung, und einen Notar gibt es nicht.",
    ),
];

/// What the register and the judge are here, where it is not the usual.
const NO_JUDGE: &[Row] = &[
    (
        "register",
        "There is none: the receiver's own program decides, and until it has taken all of it nobody sees any.",
        "Es gibt keines: Das Programm des Empfängers entscheidet, und bevor es alles angenommen hat, sieht niemand etwas davon.",
    ),
    (
        "judge",
        "Nothing is promised in exchange, so there is nothing to decide and nobody to convict. What can be proven is who sent this list: the sender's signature goes along. That it arrived is the receiver's plain word; whoever wants it signed chooses a registered letter.",
        "Nichts ist dafür versprochen, also ist nichts zu entscheiden und niemand zu überführen. Beweisen lässt sich, wer diese Liste gesandt hat: Die Unterschrift des Absenders geht mit. Dass es ankam, ist das bloße Wort des Empfängers; wer es unterschrieben haben will, wählt ein Einschreiben.",
    ),
];

const NAMES: &[Row] = &[
    ("arbiter", "Arbiter", "Schlichter"),
    ("bank", "Bank", "Bank"),
    ("buyer", "Buyer", "Käufer"),
    ("carrier", "Carrier", "Paketdienst"),
    ("notary", "Notary", "Notar"),
    ("seller", "Seller", "Verkäufer"),
    ("a", "Anna", "Anna"),
    ("b", "Ben", "Ben"),
    ("c", "Clara", "Clara"),
    ("d", "David", "David"),
    ("other", "Dollar bank", "Dollarbank"),
    ("euro-bank", "Euro bank", "Eurobank"),
    ("mail-a", "Sender", "Absender"),
    ("mail-b", "Receiver", "Empfänger"),
    ("payer", "Payer", "Zahler"),
    ("payee", "Payee", "Empfänger"),
];

const THINGS: &[Row] = &[
    ("money", "40.00 EUR", "40,00 EUR"),
    ("kept-money", "40.00 EUR of somebody else's", "40,00 EUR eines anderen"),
    ("euros", "40.00 EUR", "40,00 EUR"),
    ("kept-euros", "40.00 EUR of somebody else's", "40,00 EUR eines anderen"),
    ("dollars", "43.20 USD", "43,20 USD"),
    ("kept-dollars", "43.20 USD of somebody else's", "43,20 USD eines anderen"),
    ("goods", "the file", "die Datei"),
    ("sealed-goods", "the file, encrypted", "die Datei, verschlüsselt"),
    ("another-file", "another file than agreed", "eine andere Datei als vereinbart"),
    ("key", "the key", "den Schlüssel"),
    ("box", "the box that the notary can open", "den Kasten, den der Notar öffnen kann"),
    ("proof", "the proof that it is another file", "den Beweis, dass es eine andere Datei ist"),
    ("contract", "the contract with everybody's signature", "den Vertrag mit aller Unterschrift"),
    ("letter", "the letter, readable", "den Brief, lesbar"),
    ("sealed-letter", "the letter, sealed", "den Brief, versiegelt"),
    ("receipt", "the receipt", "die Quittung"),
    ("promised-receipt", "a receipt that counts once it is paid", "eine Quittung, die gilt, sobald gezahlt ist"),
    ("origin", "the proof of who sent it", "den Beweis, wer ihn gesandt hat"),
    ("data", "the data, readable", "die Daten, lesbar"),
    ("sealed-data", "the data, sealed", "die Daten, versiegelt"),
    ("other-data", "other data than was offered", "andere Daten als angeboten"),
    ("deal", "the deal with everybody's signature", "das Geschäft mit aller Unterschrift"),
    ("container", "the papers, readable", "die Papiere, lesbar"),
    ("hidden-parts", "parts of it, which nobody sees yet", "Teile davon, die noch niemand sieht"),
    ("parcel", "the parcel", "das Paket"),
    ("code", "the pickup code", "den Abholcode"),
];

impl Words {
    /// The title of a play.
    #[must_use]
    pub fn play(self) -> &'static str {
        look(self.language, PLAYS, self.play.word())
    }

    /// What a play is about.
    #[must_use]
    pub fn about(self) -> &'static str {
        look(self.language, ABOUT, self.play.word())
    }

    fn is_mail(self) -> bool {
        matches!(self.play, Play::Mail | Play::MailThrough)
    }

    /// Whether the bank keeps the money under a lock.
    fn is_lock(self) -> bool {
        matches!(self.play, Play::Change | Play::Data | Play::Escrow | Play::Joint)
    }

    /// What somebody is called.
    #[must_use]
    pub fn name(self, who: Who) -> &'static str {
        let word = match who {
            Who::Party(0) if self.is_mail() || self.play == Play::Transfer => "mail-a",
            Who::Party(_) if self.is_mail() || self.play == Play::Transfer => "mail-b",
            Who::Bank if self.play == Play::Change => "euro-bank",
            Who::Buyer if self.play == Play::Payment => "payer",
            Who::Seller if self.play == Play::Payment => "payee",
            other => other.word(),
        };
        look(self.language, NAMES, word)
    }

    /// Something that somebody has.
    #[must_use]
    pub fn thing(self, word: &str) -> &'static str {
        look(self.language, THINGS, word)
    }

    /// What a message says.
    #[must_use]
    pub fn said(self, from: Who, word: &str) -> &'static str {
        let own = match (word, from) {
            ("signature", _) if self.is_mail() => "mail-signature",
            ("key", Who::Party(_)) => "mail-key",
            ("release", Who::Seller) => "seller-release",
            ("claim", _) if self.play == Play::Data => "data-claim",
            ("claimed", _) if self.play == Play::Data => "data-claimed",
            ("lock", _) if self.play == Play::Change => "change-lock",
            ("claimed", _) if self.play == Play::Change => "change-claimed",
            ("returned", _) if self.play == Play::Change => "change-returned",
            (other, _) => other,
        };
        look(self.language, said::SAID, own)
    }

    /// What an owner is asked, by the kind of what would be signed.
    #[must_use]
    pub fn question(self, kind: &str) -> &'static str {
        let own = match kind {
            "signature" if self.is_mail() => "mail-signature",
            "claim" if self.play == Play::Data => "data-claim",
            "lock" if self.play == Play::Change => "change-lock",
            other => other,
        };
        look(self.language, said::QUESTIONS, own)
    }

    /// What an owner may want.
    #[must_use]
    pub fn wish(self, wish: Wish) -> &'static str {
        let own = if wish == Wish::Hand && self.play == Play::Payment { "hand-receipt" } else { wish.word() };
        look(self.language, said::WISHES, own)
    }

    /// Where somebody stands, and what it waits for.
    #[must_use]
    pub fn state(self, who: Who, state: &str) -> &'static str {
        let table = match who {
            Who::Arbiter | Who::Carrier => states::THIRD,
            Who::Bank if self.play == Play::Payment => states::TILL,
            Who::Buyer if self.play == Play::Payment => states::PAYS_FOR_RECEIPT,
            Who::Seller if self.play == Play::Payment => states::GIVES_RECEIPT,
            Who::Bank | Who::OtherBank if self.play == Play::Change => states::HOLDER_OF_CHANGE,
            Who::Bank if self.is_lock() => states::HOLDER,
            Who::Buyer | Who::Seller if self.play == Play::Joint => states::PARTY,
            Who::Buyer if self.is_lock() => states::PAYER,
            Who::Seller if self.is_lock() => states::PAYEE,
            Who::Bank | Who::OtherBank => states::BANK,
            Who::Buyer => states::BUYER,
            Who::Notary if self.play == Play::Goods => states::NOTARY,
            Who::Notary => states::REGISTER,
            Who::Seller => states::SELLER,
            Who::Party(0) if self.play == Play::Transfer => states::SENDING,
            Who::Party(_) if self.play == Play::Transfer => states::RECEIVING,
            Who::Party(_) if self.play == Play::Rounds && !look(self.language, states::IN_ROUNDS, state).is_empty() => {
                states::IN_ROUNDS
            }
            Who::Party(_) => states::PARTY,
        };
        look(self.language, table, state)
    }

    /// What the register is here.
    #[must_use]
    pub fn register(self) -> &'static str {
        let usual = Theatre::of(self.language).register_text;
        if self.play == Play::Transfer { look(self.language, NO_JUDGE, "register") } else { usual }
    }

    /// What the judge does here.
    #[must_use]
    pub fn judge(self) -> &'static str {
        let usual = Theatre::of(self.language).judge_text;
        if self.play == Play::Transfer { look(self.language, NO_JUDGE, "judge") } else { usual }
    }

    /// Where the money is.
    #[must_use]
    pub fn purse(self, purse: Purse) -> &'static str {
        let word = match purse {
            Purse::Buyer => "buyer",
            Purse::Claim => "claim",
            Purse::Held => "held",
            Purse::Seller => "seller",
            Purse::Shared => "shared",
        };
        let table = if self.play == Play::Payment { states::PURSE_OF_PAYMENT } else { states::PURSE };
        look(self.language, table, word)
    }

    /// A lie, by its name.
    #[must_use]
    pub fn cheat(self, name: &str) -> &'static str {
        let own = match self.play {
            Play::Mail | Play::MailThrough => look(self.language, cheats::OF_MAIL, name),
            Play::Rounds => look(self.language, cheats::OF_ROUNDS, name),
            Play::Change => look(self.language, cheats::OF_CHANGE, name),
            Play::Joint => look(self.language, cheats::OF_DEAL, name),
            Play::Payment => look(self.language, cheats::OF_PAYMENT, name),
            Play::Transfer => look(self.language, cheats::OF_TRANSFER, name),
            _ => "",
        };
        if own.is_empty() { look(self.language, cheats::CHEATS, name) } else { own }
    }

    /// Where somebody stands by the judge's word.
    #[must_use]
    pub fn standing(self, word: &str) -> &'static str {
        let own = if self.play == Play::Change { look(self.language, claims::STANDINGS_OF_CHANGE, word) } else { "" };
        if own.is_empty() { look(self.language, claims::STANDINGS, word) } else { own }
    }

    /// What somebody is convicted of.
    #[must_use]
    pub fn misdeed(self, word: &str) -> &'static str {
        look(self.language, claims::MISDEEDS, word)
    }

    /// What is proven.
    #[must_use]
    pub fn claim(self, word: &str) -> &'static str {
        let own = match self.play {
            Play::Change => look(self.language, claims::CLAIMS_OF_CHANGE, word),
            Play::Payment => look(self.language, claims::CLAIMS_OF_PAYMENT, word),
            _ => "",
        };
        if own.is_empty() { look(self.language, claims::CLAIMS, word) } else { own }
    }
}
