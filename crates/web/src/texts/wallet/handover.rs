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
        not_in: "If you are signed in at this wallet, “Continue” goes on. This page alone does not see it, because another page led here; if you are not, you are told how." / "Wenn Sie an dieser Wallet angemeldet sind, geht es mit „Weiter“ weiter. Nur diese Seite sieht das nicht, weil eine andere Seite hierher geführt hat; sonst erfahren Sie, wie Sie sich anmelden.";
        code: "Code from the shop" / "Code aus dem Shop";
        code_hint: "A shop that cannot open your wallet shows a code. Paste it here." / "Ein Shop, der Ihre Wallet nicht öffnen kann, zeigt einen Code. Fügen Sie ihn hier ein.";
        code_wrong: "This is not a code of a shop. Copy it again, from its first to its last character." / "Das ist kein Code eines Shops. Kopieren Sie ihn noch einmal, vom ersten bis zum letzten Zeichen.";
        read: "Read the code" / "Code lesen";
        link_wrong: "This link does not say completely what the shop asks. Go back to the shop and try again." / "Dieser Link sagt nicht vollständig, was der Shop fragt. Gehen Sie zurück zum Shop und versuchen Sie es noch einmal.";
        away: "The shop cannot be reached" / "Der Shop ist nicht erreichbar";
        away_text: "Nothing was ordered. Your wallet tried to reach {} and had no answer. Try again in a moment; your basket is still at the shop." / "Es wurde nichts bestellt. Ihre Wallet hat versucht, {} zu erreichen, und keine Antwort erhalten. Versuchen Sie es gleich noch einmal; Ihr Korb ist noch im Shop.";
        again: "Try again" / "Noch einmal versuchen";
        address_title: "Where shall it be sent?" / "Wohin soll es gehen?";
        address_text: "The shop reads this address with your order, after you have agreed to the order. For the offer it does not learn it." / "Der Shop liest diese Adresse mit Ihrer Bestellung, nachdem Sie ihr zugestimmt haben. Für das Angebot erfährt er sie nicht.";
        ask: "Get the offer for this address" / "Angebot für diese Adresse holen";
        other: "Another address" / "Andere Adresse";
        address_none: "No address is known yet. It is typed on the trusted screen." / "Es ist noch keine Adresse bekannt. Sie wird auf dem vertrauenswürdigen Schirm eingegeben.";
        address_elsewhere: "This wallet is asked elsewhere. Give the address there: semper deal address --help." / "Diese Wallet wird anderswo gefragt. Geben Sie die Adresse dort an: semper deal address --help.";
        address_menu: "Delivery address" / "Lieferadresse";
        no_account: "You have no account to pay from yet" / "Sie haben noch kein Konto, von dem Sie zahlen können";
        first_run: "Set up the wallet" / "Wallet einrichten";
    }
}
