//! What the bank's pages say. `{…}` is filled in by the page.

use super::texts;

texts! {
    /// Start page and desk.
    Bank {
        what: "What this bank does" / "Was diese Bank tut";
        what_text: "It keeps accounts, holds money for a deal until the deal is decided, and carries out transfers. It learns amounts, accounts and deadlines; it does not learn what is bought." / "Sie führt Konten, hält Geld für ein Geschäft, bis darüber entschieden ist, und führt Überweisungen aus. Sie erfährt Beträge, Konten und Fristen; was gekauft wird, erfährt sie nicht.";
        open: "How to open an account" / "So eröffnen Sie ein Konto";
        open_text: "Your own wallet or shop opens it: it draws a key that only it holds, signs with it, and this bank answers with the number of the account. Nobody can open one for you by hand, because whoever holds the key spends the money." / "Das tut Ihre eigene Wallet oder Ihr Laden: Sie zieht einen Schlüssel, den nur sie hat, unterschreibt damit, und diese Bank antwortet mit der Kontonummer. Niemand kann das von Hand für Sie tun, denn wer den Schlüssel hat, gibt das Geld aus.";
        open_how: "In the wallet: Purse, then “Open an account with play money”. A new account gets play money." / "In der Wallet: Geldbeutel, dann „Konto mit Spielgeld eröffnen“. Ein neues Konto bekommt Spielgeld.";
        who: "Who this is" / "Wer das ist";
        certified: "Certified" / "Zertifiziert";
        yes_since: "yes, in this market" / "ja, in diesem Markt";
        not_yet: "not yet" / "noch nicht";
        name: "Name" / "Name";
        certificate: "Certificate" / "Zertifikat";
        limits: "Limits" / "Grenzen";
        limits_text: "Play money is given out only up to 10,000,000.00 on one account. A hold ends by itself when its time is over; the money is then yours again." / "Spielgeld gibt es nur bis 10.000.000,00 auf einem Konto. Eine Reservierung endet von selbst, wenn seine Zeit um ist; das Geld gehört dann wieder Ihnen.";
        desk: "Bank desk" / "Schalter";
        sums: "Sums of the ledger" / "Summen des Hauptbuchs";
        sums_hint: "What was given out is what lies on accounts, is held, is captured and not settled, or is locked." / "Was ausgegeben wurde, liegt auf Konten, ist gehalten, eingezogen und noch nicht endgültig, oder gesperrt.";
        currency: "Currency" / "Währung";
        given_out: "Given out" / "Ausgegeben";
        customers: "On accounts" / "Auf Konten";
        held: "Held" / "Gehalten";
        claims: "Captured, not settled" / "Eingezogen, nicht endgültig";
        locked: "Locked" / "Gesperrt";
        accounts: "Accounts" / "Konten";
        account: "Account" / "Konto";
        available: "Available" / "Verfügbar";
        entries: "Entries" / "Buchungen";
        opened: "Opened" / "Eröffnet";
        no_accounts: "No account yet." / "Noch kein Konto.";
        more: "Next page" / "Nächste Seite";
        first: "First page" / "Erste Seite";
        holds: "Holds" / "Reservierungen";
        holds_hint: "Money set aside for one exchange each, neither captured nor released." / "Geld, das für je einen Austausch zurückgelegt ist, weder eingezogen noch freigegeben.";
        no_holds: "Nothing is held." / "Nichts wird gehalten.";
        exchange: "Exchange" / "Austausch";
        amount: "Amount" / "Betrag";
        until: "Until" / "Bis";
        transfers: "Transfers" / "Überweisungen";
        transfers_hint: "References that were given for one payment each, and whether it was made." / "Verweise für je eine Zahlung, und ob sie geschah.";
        no_transfers: "No reference was given." / "Es gibt keinen Verweis.";
        reference: "Reference" / "Verweis";
        paid: "paid" / "bezahlt";
        open_word: "open" / "offen";
        state: "State" / "Stand";
        statement: "Statement of account" / "Kontoauszug";
        number: "No." / "Nr.";
        when: "When" / "Wann";
        what_for: "What for" / "Wofür";
        balance: "Balance" / "Saldo";
        older: "Older entries" / "Ältere Buchungen";
        no_entries: "No entries." / "Keine Buchungen.";
        deposit_title: "Give out play money" / "Spielgeld ausgeben";
        deposit_hint: "It appears on the account at once and cannot be taken back." / "Es steht sofort auf dem Konto und kann nicht zurückgenommen werden.";
        amount_hint: "A number with two decimals, such as 50.00" / "Eine Zahl mit zwei Nachkommastellen, etwa 50,00";
        deposit: "Give out play money" / "Spielgeld ausgeben";
        deposited: "The money is on the account." / "Das Geld ist auf dem Konto.";
        account_wrong: "There is no account with this number." / "Ein Konto mit dieser Nummer gibt es nicht.";
        amount_wrong: "This is not an amount, such as 50.00." / "Das ist kein Betrag wie 50,00.";
        limit_wrong: "The account would hold more play money than is allowed." / "Das Konto hätte dann mehr Spielgeld, als erlaubt ist.";
        hold_word: "hold" / "Reservierung";
        capture: "capture" / "Einzug";
        release: "release" / "Freigabe";
        settle: "settlement" / "endgültig";
        refund: "refund" / "Erstattung";
        deposit_word: "play money" / "Spielgeld";
        transfer: "transfer" / "Überweisung";
        lock: "lock" / "Sperre";
        lock_paid: "lock, paid" / "Sperre, ausgezahlt";
        lock_back: "lock, given back" / "Sperre, zurückgegeben";
        lock_split: "lock, divided" / "Sperre, geteilt";
    }
}

impl Bank {
    /// What an entry was for.
    pub(crate) fn what(&self, word: &str) -> String {
        let known = match word {
            "hold" => self.hold_word,
            "capture" => self.capture,
            "release" => self.release,
            "settle" => self.settle,
            "refund" => self.refund,
            "deposit" => self.deposit_word,
            "transfer" => self.transfer,
            "lock" => self.lock,
            "lock-paid" => self.lock_paid,
            "lock-back" => self.lock_back,
            "lock-split" => self.lock_split,
            other => return other.to_owned(),
        };
        known.to_owned()
    }
}
