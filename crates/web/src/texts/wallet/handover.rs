//! From a shop's page to this wallet.

use super::super::texts;

texts! {
    /// The hand-over.
    Handing {
        title: "A shop hands over to your wallet" / "Ein Shop übergibt an Ihre Wallet";
        text: "A page asks this wallet to get an offer. Nothing is ordered by that: goods, price and address stand on the trusted screen before you agree." / "Eine Seite bittet diese Wallet, ein Angebot einzuholen. Damit ist nichts bestellt: Ware, Preis und Adresse stehen auf dem vertrauenswürdigen Schirm, bevor Sie zustimmen.";
        shop: "Shop" / "Shop";
        at: "reached at {}" / "erreichbar unter {}";
        goods: "Asks for" / "Fragt nach";
        cart: "the basket {}" / "dem Korb {}";
        item: "the file {}" / "der Datei {}";
        go_on: "Continue" / "Weiter";
        not_in: "To continue you must be signed in at this wallet." / "Um fortzufahren, müssen Sie an dieser Wallet angemeldet sein.";
        code: "Code from the shop" / "Code aus dem Shop";
        code_hint: "A shop that cannot open your wallet shows a code. Paste it here." / "Ein Shop, der Ihre Wallet nicht öffnen kann, zeigt einen Code. Fügen Sie ihn hier ein.";
        code_wrong: "This is not a code of a shop. Copy it again, from its first to its last character." / "Das ist kein Code eines Shops. Kopieren Sie ihn noch einmal, vom ersten bis zum letzten Zeichen.";
        read: "Read the code" / "Code lesen";
        link_wrong: "This link does not say completely what the shop asks. Go back to the shop and try again." / "Dieser Link sagt nicht vollständig, was der Shop fragt. Gehen Sie zurück zum Shop und versuchen Sie es noch einmal.";
        away: "The shop cannot be reached" / "Der Shop ist nicht erreichbar";
        away_text: "Nothing was ordered. Your wallet tried to reach {} and had no answer. Try again in a moment; your basket is still at the shop." / "Es wurde nichts bestellt. Ihre Wallet hat versucht, {} zu erreichen, und keine Antwort erhalten. Versuchen Sie es gleich noch einmal; Ihr Korb ist noch im Shop.";
        again: "Try again" / "Noch einmal versuchen";
        address_title: "Where shall it be sent?" / "Wohin soll es gehen?";
        address_text: "The address goes to this shop with your order and is remembered in this wallet." / "Die Adresse geht mit Ihrer Bestellung an diesen Shop und wird in dieser Wallet gemerkt.";
        name: "Name" / "Name";
        street: "Street and number" / "Straße und Hausnummer";
        postcode: "Postcode" / "Postleitzahl";
        city: "City" / "Ort";
        country: "Country (two letters)" / "Land (zwei Buchstaben)";
        ask: "Get the offer for this address" / "Angebot für diese Adresse holen";
        missing: "{}: please fill this in." / "{}: bitte ausfüllen.";
        long: "{}: at most {} characters." / "{}: höchstens {} Zeichen.";
        country_wrong: "Give the country as two letters, such as DE." / "Geben Sie das Land mit zwei Buchstaben an, etwa DE.";
        address_menu: "Delivery address" / "Lieferadresse";
        no_account: "You have no account to pay from yet" / "Sie haben noch kein Konto, von dem Sie zahlen können";
        first_run: "Set up the wallet" / "Wallet einrichten";
    }
}
