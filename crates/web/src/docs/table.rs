//! The commands of each role, with an example of each.

use serde_json::{Value, json};

use super::data::DATA;
use super::paying::PAYING;
use super::sending::SENDING;
use super::signing::SIGNING;
use crate::Role;

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Its word.
    pub word: &'static str,
    /// What it does.
    pub does: &'static str,
    /// Every member that it may have, as JSON.
    example: &'static str,
    /// The members that may be left out, with blanks between.
    optional: &'static str,
}

pub(super) const fn c(
    word: &'static str,
    does: &'static str,
    example: &'static str,
    optional: &'static str,
) -> Command {
    Command { word, does, example, optional }
}

impl Command {
    /// The example, as it is sent.
    #[must_use]
    pub fn request(&self) -> Value {
        let mut request = json!({ "command": self.word });
        let example: Option<Value> = serde_json::from_str(self.example).ok();
        if let (Some(request), Some(Value::Object(members))) = (request.as_object_mut(), example) {
            request.extend(members);
        }
        request
    }

    /// Whether a member may be left out.
    #[must_use]
    pub fn may_lack(&self, member: &str) -> bool {
        self.optional.split(' ').any(|name| name == member)
    }
}

/// Every command of a role, those that all have first.
#[must_use]
pub fn commands(role: Role) -> Vec<Command> {
    let own = match role {
        Role::Authority => AUTHORITY,
        Role::Bank => BANK,
        Role::Broker => BROKER,
        Role::Notary => NOTARY,
        Role::Shop => SHOP,
        // No party is behind it.
        Role::Theatre => return Vec::new(),
        Role::Wallet => WALLET,
        Role::Witness => WITNESS,
    };
    let logs: &[Command] = if matches!(role, Role::Bank | Role::Notary) { LOGS } else { &[] };
    let signing: &[Command] = if matches!(role, Role::Shop | Role::Wallet) { SIGNING } else { &[] };
    let sending: &[Command] = if matches!(role, Role::Shop | Role::Wallet) { SENDING } else { &[] };
    let data: &[Command] = if matches!(role, Role::Shop | Role::Wallet) { DATA } else { &[] };
    let paying: &[Command] = if role == Role::Notary { PAYING } else { &[] };
    [COMMON, own, signing, data, sending, logs, paying].concat()
}

const COMMON: &[Command] = &[
    c(
        "address",
        "Notes where peers reach this party.",
        r#"{"socket":"127.0.0.1:7004","server_name":"shop.semper.test"}"#,
        "",
    ),
    c(
        "arbiter-rule",
        "Where this party is the arbiter: rules once on the dispute that the pack of a mail order shows.",
        r#"{"pack":"BASE64URL","part":1,"payee":"5.00 EUR","reasons":"Half of it is good."}"#,
        "part",
    ),
    c(
        "arbiter-show",
        "What the pack of a mail order shows an arbiter: disputes, statements, and what the judge says.",
        r#"{"pack":"BASE64URL"}"#,
        "",
    ),
    c(
        "carrier-handed-over",
        "Where this party is the carrier: states that the goods were given away for the pickup code.",
        r#"{"lock":"BASE64URL","code":"00000000000000000000000000000000"}"#,
        "",
    ),
    c(
        "carrier-show",
        "What a waybill asks of this carrier, until when, and what it has stated about it.",
        r#"{"lock":"BASE64URL"}"#,
        "",
    ),
    c("contacts", "Every link, who answered there, and what the certificate says.", r"{}", ""),
    c(
        "enrol",
        "Asks the authority for certificates, with a registration code.",
        r#"{"name":"Corner Shop","code":"CODE","dns":["shop.semper.test"],"certificates":["statement","seal","tls"]}"#,
        "dns certificates",
    ),
    c("fetch-status", "Asks the authority for the newest revocation list.", r"{}", ""),
    c("hello", "Our signed word that opens a connection (for the transport).", r#"{"tls":"HASH","link":"bank"}"#, ""),
    c(
        "link",
        "Opens a relationship to a peer; as \"self\" with our certificate, as \"nobody\" with a fresh key.",
        r#"{"name":"bank","socket":"127.0.0.1:7002","server_name":"bank.semper.test","as":"self"}"#,
        "",
    ),
    c("passphrase", "Since when the pass phrase is one that the owner chose.", r"{}", ""),
    c(
        "passphrase-set",
        "From the next start on another pass phrase opens the keys (the program prepares the record).",
        r#"{"record":{},"replaces":"HASH"}"#,
        "",
    ),
    c("preferences", "Shows the owner's preferences; with `set`, replaces them.", r#"{"set":{}}"#, "set"),
    c(
        "pulse",
        "How much waits: questions, parked messages; through the pages also the commit's number, receivers of waiting messages, archived objects.",
        r"{}",
        "",
    ),
    c("questions", "What waits for the owner at the trusted screen, the oldest first.", r"{}", ""),
    c("recovery", "Whether there are recovery words, and whether a restored copy was opened with them.", r"{}", ""),
    c("recovery-make", "New recovery words; shown once.", r"{}", ""),
    c(
        "recovery-proved",
        "Notes that a restored copy was opened with the words (the program says it after it has tried).",
        r#"{"slot":"HASH","commits":7,"deals":1,"keys":3}"#,
        "",
    ),
    c("trust", "Sets the market's root, once.", r#"{"root":"BASE64URL"}"#, ""),
    c("who", "Who this party is, and whom it knows.", r"{}", ""),
];

const AUTHORITY: &[Command] = &[
    c(
        "certificates",
        "What was issued, by serial number; with `text`, what has it in its name.",
        r#"{"text":"shop","after":"SERIAL","limit":50}"#,
        "text after limit",
    ),
    c("invitations", "Who was invited and has not got every certificate yet.", r"{}", ""),
    c(
        "invite",
        "A registration code for a new party; shown once. With `again`, instead of one that was lost and that nobody has used.",
        r#"{"role":"seller","name":"Corner Shop","certificates":["statement","seal","tls"],"limit":"500.00 EUR","warranty":"100.00 EUR","again":false}"#,
        "certificates limit warranty again",
    ),
    c("issued", "The first certificates that were issued.", r"{}", ""),
    c("revocations", "The revocation list as everybody gets it, and what stands on it.", r"{}", ""),
    c(
        "revoke",
        "Revokes every certificate of a name, for good.",
        r#"{"name":"Corner Shop","reason":"key-compromise"}"#,
        "",
    ),
    c("root", "The root certificate with its words and digits.", r"{}", ""),
];

/// What a register answers about its log.
const LOGS: &[Command] = &[
    c("log", "The transparency log: its key, size, last checkpoint and witnesses.", r"{}", ""),
    c("log-entries", "Entries of the log, newest first.", r#"{"before":100,"limit":50}"#, "before limit"),
    c("log-file", "A file of the log as C2SP tlog-tiles names it.", r#"{"path":"tile/0/000"}"#, ""),
    c("log-of", "Where the decisions about one exchange stand in the log.", r#"{"xid":"HASH"}"#, ""),
    c("log-proof", "The proof that an entry stands in the log, under its published checkpoint.", r#"{"index":0}"#, ""),
];

const WITNESS: &[Command] = &[
    c("forks", "Checkpoints that were refused, with what they contradict.", r"{}", ""),
    c("logs", "The logs that this witness follows, and its key.", r"{}", ""),
];

const BANK: &[Command] = &[
    c("accounts", "Every account with what may be spent of it.", r#"{"after":"NEXT","limit":50}"#, "after limit"),
    c("balance", "What may be spent of one account.", r#"{"account":"ACCOUNT"}"#, ""),
    c("books", "The ledger's sums by currency.", r"{}", ""),
    c("deposit", "Gives out play money.", r#"{"account":"ACCOUNT","amount":"10.00 EUR"}"#, ""),
    c("holds", "What is held and not decided.", r#"{"after":"NEXT","limit":50}"#, "after limit"),
    c("locks", "What is locked and has not ended.", r#"{"after":"NEXT","limit":50}"#, "after limit"),
    c(
        "pay-tos",
        "Every reference that was given, and whether it was paid to.",
        r#"{"after":"NEXT","limit":50}"#,
        "after limit",
    ),
    c("rows", "The register rows of one exchange.", r#"{"xid":"HASH"}"#, ""),
    c("statement", "A statement of account, newest first.", r#"{"account":"ACCOUNT","before":101}"#, "before"),
];

const BROKER: &[Command] = &[
    c("admit-shop", "Lets a shop that was dropped come back.", r#"{"shop":3}"#, ""),
    c(
        "drop-shop",
        "Takes a shop out of the directory; the reason is public.",
        r#"{"shop":3,"reason":"sells what it does not have"}"#,
        "",
    ),
    c(
        "find",
        "Products of all listed shops, best first, with the reason for each.",
        r#"{"text":"green tea","limit":20,"offset":0}"#,
        "text limit offset",
    ),
    c("health", "Which shops answer, and since when.", r"{}", ""),
    c("shop", "All that is known of one shop.", r#"{"shop":3}"#, ""),
    c("shops", "The directory, by number.", r#"{"after":0,"limit":100}"#, "after limit"),
];

const NOTARY: &[Command] = &[
    c(
        "requests",
        "Exchanges in which this notary decided something, and how many of each kind.",
        r#"{"after":"XID"}"#,
        "after",
    ),
    c("rows", "The register rows of one exchange.", r#"{"xid":"HASH"}"#, ""),
    c(
        "contracts",
        "Exchanges whose register this notary is, and how many of each kind.",
        r#"{"after":"XID"}"#,
        "after",
    ),
    c(
        "stamp",
        "A time stamp: over a hash, or as a request of RFC 3161 wants it, which is answered in the form of that RFC.",
        r#"{"hash":"HASH","request":"BASE64URL"}"#,
        "hash request",
    ),
    c("stamps", "How many time stamps were made, and whether more can be.", r"{}", ""),
];

const SHOP: &[Command] = &[
    c(
        "accept",
        "Accepts an order that waits for the operator, who says what is shipped together.",
        r#"{"order":"HASH","parts":[["1","3"],["2"]]}"#,
        "parts",
    ),
    c(
        "bring",
        "Shows the bank what carrier or arbiter has signed about the locked money of a mail order.",
        r#"{"order":"HASH","statement":"JWS"}"#,
        "",
    ),
    c(
        "cancel",
        "Cancels what is not shipped of a mail order, or refuses an order that waits.",
        r#"{"order":"HASH","reason":"sold out"}"#,
        "reason",
    ),
    c("cart", "A cart.", r#"{"cart":"CART"}"#, ""),
    c(
        "cart-put",
        "A cart for a day, to hand over to a wallet.",
        r#"{"lines":[{"item":"tea-assam-250","quantity":2}]}"#,
        "",
    ),
    c("catalogue", "How many products, which price list, what waits for a signature.", r"{}", ""),
    c(
        "catalogue-import",
        "One step of an import: begin, put, compare, commit, abort.",
        r#"{"step":"begin","publish":true,"remove_missing":false}"#,
        "publish remove_missing",
    ),
    c(
        "dispute",
        "Tells the bank that the arbiter shall decide about locked money, while a carrier is silent.",
        r#"{"order":"HASH","part":1,"reason":"It was brought."}"#,
        "part",
    ),
    c("export", "The evidence of one sale.", r#"{"xid":"HASH"}"#, ""),
    c("goods", "Files on sale.", r"{}", ""),
    c(
        "goods-begin",
        "Begins to bring a file.",
        r#"{"id":"book","title":"A book","price":"4.90 EUR","vat":"7","file_name":"book.pdf","media_type":"application/pdf","length":65536}"#,
        "vat",
    ),
    c("goods-chunk", "The next chunks of a file, in order.", r#"{"id":"book","index":0,"data":["BASE64URL"]}"#, ""),
    c("goods-end", "The file is whole and on sale.", r#"{"id":"book"}"#, ""),
    c(
        "join",
        "Stands in a broker's directory from now on; said again, tells the news at once.",
        r#"{"broker":"broker","about":"Tea of all kinds","countries":["DE"],"languages":["en","de"],"pages":"http://shop.localhost:8004/","return_costs":"seller","withdraw_days":14}"#,
        "about countries languages pages return_costs withdraw_days",
    ),
    c("joined", "The directories that the shop stands in, and what they know.", r"{}", ""),
    c("leave", "Takes everything off a directory.", r#"{"broker":"broker"}"#, ""),
    c(
        "open-account",
        "Opens an account at a bank: a purse. Asked again, asks what is on it.",
        r#"{"currency":"EUR","bank":"bank","purse":"francs"}"#,
        "bank purse",
    ),
    c(
        "pay",
        "Pays to a reference that the payee handed over.",
        r#"{"purpose":"HASH","to":"REFERENCE","amount":"1.00 EUR","purse":"francs"}"#,
        "purse",
    ),
    c("pay-to", "A reference to be paid over.", r#"{"purpose":"HASH","purse":"francs"}"#, "purpose purse"),
    c(
        "payment-accept",
        "Pays what a payment request asks for, against the receipt in it.",
        r#"{"request":{"certificate":"BASE64URL","receipt":"JWS"},"bill":"XID"}"#,
        "request bill",
    ),
    c("payment-export", "A receipt as an evidence pack.", r#"{"purpose":"HASH"}"#, ""),
    c(
        "payment-request",
        "Asks to be paid, with a receipt signed in advance; with its purpose: what to hand to the payer.",
        r#"{"amount":"12.50 EUR","text":"Rent of March","days":14,"purse":"francs"}"#,
        "days purse",
    ),
    c("payments", "What was asked to be paid, and what is paid for receipts.", r"{}", ""),
    c("price-list", "Makes a price list and asks the owner to sign it.", r#"{"days":90}"#, "days"),
    c("product-get", "One product.", r#"{"id":"tea-assam-250"}"#, ""),
    c(
        "product-put",
        "A product, new or changed.",
        r#"{"product":{"id":"tea-assam-250","title":"Assam, strong","price":"4.90 EUR"}}"#,
        "",
    ),
    c("product-remove", "Removes a product.", r#"{"id":"tea-assam-250"}"#, ""),
    c(
        "product-set",
        "Price, stock or whether buyers see it.",
        r#"{"id":"tea-assam-250","price":"5.20 EUR","stock":12,"published":true}"#,
        "price stock published",
    ),
    c(
        "products",
        "Products, by id.",
        r#"{"after":"ID","limit":50,"published":true,"group":"tea-assam"}"#,
        "after limit published group",
    ),
    c("purse", "The first account and what is on it, and all purses.", r"{}", ""),
    c("refund", "Pays back for a mail order.", r#"{"order":"HASH","amount":"4.90 EUR"}"#, "amount"),
    c("release", "Gives a held amount back to the buyer.", r#"{"xid":"HASH"}"#, ""),
    c("sale", "One sale with all that is known of it.", r#"{"deal":"HASH"}"#, ""),
    c("sales", "All sales.", r"{}", ""),
    c(
        "ship",
        "Marks lines of a mail order as handed to the carrier.",
        r#"{"order":"HASH","lines":[{"id":"tea-assam-250","quantity":1}],"carrier":"Post","tracking":"T1"}"#,
        "lines",
    ),
    c(
        "shipping",
        "Shows what shipping costs and how goods are paid; with `set`, changes it.",
        r#"{"set":{"cost":"4.90 EUR","delivery_days":5,"pay":"locked","parts":"ask","carrier":null}}"#,
        "set",
    ),
    c("staff-list", "Who of the staff may do what, and what they did.", r"{}", ""),
    c("staff-me", "What whoever asks may do.", r"{}", ""),
    c(
        "staff-put",
        "Somebody of the staff, with all rights anew.",
        r#"{"name":"ann","may":{"see":true,"refund_up_to":"50.00 EUR"}}"#,
        "",
    ),
    c("staff-remove", "From now on nothing is done in this name.", r#"{"name":"ann"}"#, ""),
    c("status", "Asks the register what became of an exchange.", r#"{"xid":"HASH"}"#, ""),
    c("transfers", "Payments and references.", r"{}", ""),
    c(
        "waybill",
        "What the carrier is given with the goods, where its word is asked for.",
        r#"{"order":"HASH","part":1}"#,
        "part",
    ),
    c("stamp", "A time stamp of the notary over a hash; until it is there, ask again.", r#"{"hash":"HASH"}"#, "hash"),
];

const WALLET: &[Command] = &[
    c(
        "address-book",
        "Where goods go unless an order says otherwise; with `set`, replaces it.",
        r#"{"set":{"name":"Bea","street":"Way 1","postcode":"10115","city":"Berlin","country":"DE"}}"#,
        "set",
    ),
    c(
        "bring",
        "Shows the bank what carrier or arbiter has signed about the locked money of a mail order.",
        r#"{"deal":"DEAL","statement":"JWS"}"#,
        "",
    ),
    c(
        "buy",
        "Asks a shop for an offer: a file, lines, or a cart.",
        r#"{"shop":"shop","item":"book","lines":[],"cart":"CART","address":{}}"#,
        "item lines cart address",
    ),
    c("cancel", "Cancels what is not shipped.", r#"{"deal":"DEAL"}"#, ""),
    c(
        "complain",
        "Says that a part is not what was described.",
        r#"{"deal":"DEAL","part":1,"reason":"broken"}"#,
        "part",
    ),
    c("contest", "Stops the settlement, because the key was withheld.", r#"{"deal":"DEAL"}"#, ""),
    c("deal", "One deal with all that is known of it.", r#"{"deal":"DEAL"}"#, ""),
    c("deals", "All deals.", r"{}", ""),
    c(
        "dispute",
        "Tells the bank that the arbiter shall decide about locked money; to tell the shop, complain.",
        r#"{"deal":"DEAL","part":1,"reason":"Nothing came."}"#,
        "part",
    ),
    c("escrow", "Asks the notary to open the key.", r#"{"deal":"DEAL"}"#, ""),
    c("export", "The evidence pack of a deal.", r#"{"deal":"DEAL"}"#, ""),
    c("goods-read", "One opened chunk of goods that were found good.", r#"{"deal":"DEAL","index":0}"#, ""),
    c(
        "known",
        "Whether orders from this shop may be signed by the owner's rule; with `set`, decides it.",
        r#"{"key":"HASH","set":true}"#,
        "set",
    ),
    c("note-dialog", "Keeps what a dialog showed that signs nothing, and what was done.", r#"{"record":{}}"#, ""),
    c(
        "open-account",
        "Opens an account at a bank: a purse. Asked again, asks what is on it.",
        r#"{"currency":"EUR","bank":"bank","purse":"francs"}"#,
        "bank purse",
    ),
    c(
        "pay",
        "Pays to a reference that the payee handed over.",
        r#"{"purpose":"HASH","to":"REFERENCE","amount":"1.00 EUR","purse":"francs"}"#,
        "purse",
    ),
    c("pay-to", "A reference to be paid over.", r#"{"purpose":"HASH","purse":"francs"}"#, "purpose purse"),
    c(
        "payment-accept",
        "Pays what a payment request asks for, against the receipt in it.",
        r#"{"request":{"certificate":"BASE64URL","receipt":"JWS"},"bill":"XID"}"#,
        "request bill",
    ),
    c("payment-export", "A receipt as an evidence pack.", r#"{"purpose":"HASH"}"#, ""),
    c(
        "payment-request",
        "Asks to be paid, with a receipt signed in advance; with its purpose: what to hand to the payer.",
        r#"{"amount":"12.50 EUR","text":"Rent of March","days":14,"purse":"francs"}"#,
        "days purse",
    ),
    c("payments", "What was asked to be paid, and what is paid for receipts.", r"{}", ""),
    c("purse", "The first account and what is on it, and all purses.", r"{}", ""),
    c("received", "A part is here and is what was ordered.", r#"{"deal":"DEAL","part":1}"#, "part"),
    c("refund-address", "Says where money is to be paid back.", r#"{"deal":"DEAL"}"#, ""),
    c("release", "Gives up a hold that nobody captured.", r#"{"deal":"DEAL"}"#, ""),
    c("resume", "Goes on with a deal whose question was declined.", r#"{"deal":"DEAL"}"#, ""),
    c("transcripts", "What the trusted screen showed; the newest, or one.", r#"{"number":1}"#, "number"),
    c("transfers", "Payments and references.", r"{}", ""),
    c(
        "withdraw",
        "Withdraws from parts; with `preview`, says what it would mean.",
        r#"{"deal":"DEAL","parts":[1],"preview":true}"#,
        "parts preview",
    ),
    c("stamp", "A time stamp of the notary over a hash; until it is there, ask again.", r#"{"hash":"HASH"}"#, "hash"),
];
