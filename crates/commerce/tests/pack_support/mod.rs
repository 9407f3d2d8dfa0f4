//! One sale with all its signatures, to make evidence packs of. Everything follows from the seed.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod stamper;
pub(crate) mod zip;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use semper_base::{Amount, Blob64, Currency, Hash, Millis, Nonce, Role, Timestamp, json};
use semper_blocks::certificate::{
    Claims, Issuer, Kind as CertificateKind, LiabilityTerms, Reason, Revoked, Root, RootRequest, Serial, StatusList,
    Validity,
};
use semper_blocks::delivery::{
    CataloguePass, ContentKey, KeyOpening, Layout, SealPass, ShareOpening, seal_escrow, seal_share, tree,
};
use semper_blocks::statement::{About, Author, Body, Kind, Ref, Statement, make};
use semper_commerce::dispute::{Pack, PackContents, PieceKind, Report, read, verify, write};
use semper_commerce::process::offer::{self, Offer};
use semper_commerce::process::purchase::{Acceptance, Order, private_commitment, root_salt};
use semper_commerce::process::vat::VatRate;
use semper_exchange::fair::dgp::descriptor::{PROTOCOL, core_bytes, payee_commitment};
use semper_exchange::fair::dgp::statements as st;
use semper_exchange::fair::dgp::{Core, Descriptor, Proof, RootOpening, Third};
use semper_support::Context;
use semper_support::access::{self, Action, Exported, Permit, Request, Rules, Subject, SubjectKind};
use semper_support::crypto::{Crypto as _, KeyPair, Keyring, PublicKey, Secret32, Seeded};
use semper_support::tinguin::{Answer, Consent, KindWord, Language as ShownLanguage, Transcript};

/// How the sale ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With a receipt.
    Settled,
    /// The content is not what was agreed, and the money goes back.
    WrongFile,
    /// The bank signs that it settled and that it paid back.
    BothWays,
}

pub(crate) struct Sale {
    pub(crate) crypto: Seeded,
    pub(crate) keyring: Keyring,
    pub(crate) root: Root,
    pub(crate) authority: KeyPair,
    pub(crate) shop: Author,
    pub(crate) alice: Author,
    pub(crate) bank: Author,
    pub(crate) notary: Author,
    pub(crate) buyer: Author,
    pub(crate) seller: Author,
    pub(crate) contents: PackContents,
    pub(crate) x: Descriptor,
    texts: RefCell<Vec<String>>,
}

/// 2026-11-22T12:00:00Z
pub(crate) fn noon() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap()
}

pub(crate) fn minutes(count: u64) -> Timestamp {
    noon().plus(Millis::seconds(count * 60))
}

fn secret(name: &str) -> Secret32 {
    Secret32::from_bytes(Hash::tagged("semper-test/1", name.as_bytes()).0)
}

/// What may differ between sales.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) ending: Ending,
    /// The bank's limit per transaction, in EUR.
    pub(crate) bank_limit: &'static str,
    /// Whose certificate the list at the end names, and since when.
    pub(crate) revoked: Option<(Role, Timestamp)>,
    /// Whether there are revocation lists.
    pub(crate) lists: bool,
    /// What the order says it is for, in EUR.
    pub(crate) ordered: &'static str,
}

impl Setting {
    pub(crate) fn new(ending: Ending) -> Self {
        Setting { ending, bank_limit: "5000", revoked: None, lists: true, ordered: "184.90" }
    }
}

pub(crate) fn eur(text: &str) -> Amount {
    Amount::parse(text, Currency::EUR).unwrap()
}

pub(crate) fn permit() -> Permit {
    let subject = Subject { kind: SubjectKind::Owner, handle: "owner".into() };
    access::check(&Rules::owner_only(), &Request { subject, action: Action::Export(Exported::EvidencePack) }).unwrap()
}

struct Authority<'a> {
    crypto: &'a Seeded,
    root: &'a Root,
    pair: &'a KeyPair,
}

impl Authority<'_> {
    fn issuer(&self) -> Issuer<'_> {
        Issuer { root: self.root, key: &self.pair.secret, status_uri: None }
    }

    fn leaf(&self, kind: CertificateKind, role: Role, name: &str, key: &PublicKey, limit: &str) -> (Vec<u8>, Serial) {
        let backed = kind == CertificateKind::Statement;
        let claims = Claims {
            kind,
            role,
            name: name.to_owned(),
            organisation: None,
            dns: vec![],
            key: key.clone(),
            limit: backed.then(|| eur(limit)),
            warranty: None,
            liability_terms: backed
                .then(|| LiabilityTerms { hash: Hash::of(b"terms"), uri: "https://ca.localhost/terms".into() }),
        };
        let (serial, validity) =
            (Serial::draw(self.crypto), Validity::new(noon().minus(Millis::days(1)), noon().plus(Millis::days(30))));
        (self.issuer().issue(claims, serial, validity.unwrap(), self.crypto).unwrap(), serial)
    }

    fn list(&self, number: u64, at: Timestamp, revoked: &[(Serial, Revoked)]) -> Vec<u8> {
        let revoked = revoked.iter().copied().collect::<BTreeMap<_, _>>();
        let list = StatusList { number, this_update: at, next_update: at.plus(Millis::hours(24)), revoked };
        self.issuer().issue_list(&list, self.crypto).unwrap()
    }
}

/// Everybody with their keys and certificates.
struct People {
    root: Root,
    authority: KeyPair,
    shop: Author,
    alice: Author,
    bank: Author,
    notary: Author,
    buyer: Author,
    seller: Author,
    account: KeyPair,
    seal: KeyPair,
    shop_seal: KeyPair,
    certificates: Vec<(Role, Vec<u8>)>,
    lists: Vec<Vec<u8>>,
}

impl People {
    fn new(crypto: &Seeded, setting: Setting) -> Self {
        let [root_pair, buyer, seller, account, seal, shop_seal] = [(); 6].map(|()| crypto.generate().unwrap());
        let years = Validity::new(noon().minus(Millis::days(30)), noon().plus(Millis::days(3650))).unwrap();
        let request = RootRequest { name: "Market of the test".into(), organisation: None };
        let root = Root::issue(request, &root_pair, Serial::draw(crypto), years, crypto).unwrap();
        let authority = Authority { crypto, root: &root, pair: &root_pair };
        let (mut certificates, mut revoked) = (Vec::new(), Vec::new());
        let mut certified = |role, name, limit| {
            let pair = crypto.generate().unwrap();
            let (der, serial) = authority.leaf(CertificateKind::Statement, role, name, &pair.public, limit);
            if let Some((_, at)) = setting.revoked.filter(|(who, _)| *who == role) {
                revoked.push((serial, Revoked { at, reason: Reason::KeyCompromise }));
            }
            let certificate = Some(Hash::of(&der));
            certificates.push((role, der));
            Author { certificate, ..Author::uncertified(role, &pair) }
        };
        let shop = certified(Role::Seller, "Söhne & Töchter", "5000");
        let alice = certified(Role::Buyer, "Alice Example", "500");
        let bank = certified(Role::Bank, "Bank of Two", setting.bank_limit);
        let notary = certified(Role::Notary, "Notary Public", "5000");
        let (seal_leaf, _) = authority.leaf(CertificateKind::Seal, Role::Notary, "Notary Public", &seal.public, "1");
        certificates.push((Role::Notary, seal_leaf));
        let first = authority.list(7, noon().minus(Millis::hours(1)), &[]);
        let second = authority.list(8, noon().plus(Millis::hours(23)), &revoked);
        let (buyer, seller) = (Author::uncertified(Role::Buyer, &buyer), Author::uncertified(Role::Seller, &seller));
        let lists = vec![first, second];
        let authority = root_pair;
        People {
            root,
            authority,
            shop,
            alice,
            bank,
            notary,
            buyer,
            seller,
            account,
            seal,
            shop_seal,
            certificates,
            lists,
        }
    }
}

fn third(author: &Author) -> Third {
    Third { key: author.public.clone(), certificate: author.certificate.unwrap() }
}

/// Offer, order, acceptance.
struct Papers {
    offer: Statement<Offer>,
    order: Statement<Order>,
    acceptance: String,
    escrow: Vec<u8>,
    x: Descriptor,
}

impl Papers {
    fn new<'a>(people: &People, goods: &Goods, setting: Setting, cx: impl Fn(Timestamp) -> Context<'a>) -> Self {
        let crypto = cx(noon()).crypto;
        let offer = make_offer(&people.shop, &cx(noon()), terms(people, goods));
        let (to, share) = (&people.shop_seal.public, &goods.share);
        let order = Order {
            amount: eur(setting.ordered),
            com_s: goods.share.commitment(),
            deal_key: people.buyer.public.clone(),
            goods: "A poem".into(),
            sealed_share: Blob64(seal_share(crypto, to, &secret("seal"), share, offer.hash.bytes()).unwrap()),
        };
        let follows = |kind, hash| About { to: vec![], xid: None, refs: vec![Ref { kind, hash }] };
        let order = people.alice.request(&cx(minutes(5)), follows(Kind::Offer, offer.hash), order).unwrap();
        let private_salt = secret("private");
        let core = core(people, goods, private_commitment(&offer.hash, &order.hash, &private_salt));
        let bytes = core_bytes(&core).unwrap();
        let escrow = seal_escrow(crypto, &people.seal.public, &secret("escrow"), &goods.key, &bytes).unwrap();
        let x = Descriptor::new(&core, &Hash::of(&escrow)).unwrap();
        let acceptance = Acceptance { amount: core.amount, descriptor: Blob64(x.bytes().to_vec()), private_salt };
        let about = follows(Kind::Order, order.hash);
        let acceptance = people.shop.answer(&cx(minutes(7)), about, acceptance).unwrap().text;
        Papers { offer, order, acceptance, escrow, x }
    }
}

fn terms(people: &People, goods: &Goods) -> offer::Terms {
    offer::Terms {
        bank: third(&people.bank),
        file: offer::File {
            chunk: 16,
            length: TEXT.len() as u64,
            media_type: "text/plain".into(),
            name: "poem.txt".into(),
            plain_root: goods.parcel.r_root(),
        },
        notary: third(&people.notary),
        notary_seal: people.seal.public.clone(),
        seal_key: people.shop_seal.public.clone(),
        times: offer::Times::standard(),
        vat: VatRate::STANDARD,
        withdrawal: offer::Withdrawal::EndsWithDelivery,
    }
}

fn core(people: &People, goods: &Goods, private: Hash) -> Core {
    Core {
        amount: eur("184.90"),
        bank: third(&people.bank),
        buyer: people.buyer.public.clone(),
        chunk: 16,
        cipher_root: goods.parcel.z_root(),
        com_k: goods.key.commitment(),
        com_s: goods.share.commitment(),
        deadlines: offer::Times::standard().from(minutes(6)),
        leaves: 3,
        length: TEXT.len() as u64,
        nonce: Nonce([5; 16]),
        notary: third(&people.notary),
        notary_seal: people.seal.public.clone(),
        opened: minutes(6),
        payee: payee_commitment("shop", secret("payee").danger_bytes()),
        plain: goods.root(&secret("private")).commitment(),
        private,
        protocol: PROTOCOL.to_owned(),
        seller: people.seller.public.clone(),
    }
}

impl Sale {
    pub(crate) fn new(seed: u8, ending: Ending) -> Self {
        Sale::with(seed, Setting::new(ending))
    }

    pub(crate) fn with(seed: u8, setting: Setting) -> Self {
        let crypto = Seeded::new([seed; 32]);
        let keyring = Keyring::for_simulation([1; 32]);
        let people = People::new(&crypto, setting);
        let goods = Goods::new(setting.ending == Ending::WrongFile);
        let papers = Papers::new(&people, &goods, setting, |now| Context { now, crypto: &crypto, keyring: &keyring });
        let contents = PackContents {
            descriptor: Some(papers.x.bytes().to_vec()),
            statements: vec![],
            certificates: people.certificates,
            lists: if setting.lists { people.lists } else { vec![] },
            root: people.root.der().to_vec(),
            keys: vec![],
            pieces: vec![(PieceKind::EscrowBox, papers.escrow)],
            stamps: vec![],
            logs: vec![],
            transcripts: vec![transcript(&papers.order)],
        };
        let texts = RefCell::new(vec![papers.offer.text, papers.order.text, papers.acceptance]);
        let mut sale = Sale {
            crypto,
            keyring,
            root: people.root,
            authority: people.authority,
            shop: people.shop,
            alice: people.alice,
            bank: people.bank,
            notary: people.notary,
            buyer: people.buyer,
            seller: people.seller,
            contents,
            x: papers.x,
            texts,
        };
        sale.run(setting.ending, &people.account, &goods);
        sale.contents.statements = sale.texts.take();
        sale
    }

    /// What the parties sign from hold to the end.
    fn run(&mut self, ending: Ending, account: &KeyPair, goods: &Goods) {
        let core = self.x.core.clone();
        let (amount, payee) = (core.amount, core.payee);
        let hold = self.sign(&self.buyer, minutes(8), st::Hold { amount, payee });
        let debit = st::DebitOrder { account: "alice".into(), account_key: account.public.clone(), amount, hold };
        self.sign(&Author::uncertified(Role::Buyer, account), minutes(8), debit);
        let hold_until = core.deadlines.hold_until;
        let answer = st::Held { amount, hold, hold_until, payee, payee_key: core.seller.id() };
        self.sign(&self.bank, minutes(9), answer);
        let mandate = self.sign(&self.buyer, minutes(10), st::Mandate { amount, payee });
        let capture = st::Capture { account: "shop".into(), mandate, salt: secret("payee") };
        self.sign(&self.seller, minutes(11), capture);
        let captured_at = minutes(12);
        let settle_after = captured_at.plus(core.deadlines.settle_ms);
        let captured = st::Captured { amount, captured_at, mandate, payee, payee_key: core.seller.id(), settle_after };
        let captured = self.sign(&self.bank, captured_at, captured);
        if ending != Ending::WrongFile {
            let receipt = self.sign(&self.buyer, minutes(13), st::Receipt { amount, plain: core.plain });
            let (at, basis) = (minutes(14), st::SettleBasis::Receipt);
            self.sign(&self.bank, at, st::Settled { amount, at, basis, receipt: Some(receipt) });
            if ending == Ending::BothWays {
                let (at, basis) = (minutes(15), st::RefundBasis::Contest);
                self.sign(&self.bank, at, st::Refunded { amount, at, basis, notary: None });
            }
            return;
        }
        let proof = goods.proof();
        let hash = Hash::of(&proof);
        self.contents.pieces.push((PieceKind::ComplaintProof, proof));
        self.contents.pieces.push((PieceKind::KeyOpening, json::canonical(&goods.key).unwrap()));
        self.sign(&self.buyer, minutes(20), st::Complaint { captured, proof: hash });
        let at = minutes(21);
        let verdict = self.sign(&self.notary, at, st::WrongFile { at, captured, proof: hash });
        let (at, basis) = (minutes(22), st::RefundBasis::WrongFile);
        self.sign(&self.bank, at, st::Refunded { amount, at, basis, notary: Some(verdict) });
    }

    /// Signs a statement of the exchange and keeps it.
    fn sign<B: Body>(&self, author: &Author, at: Timestamp, body: B) -> Hash {
        let statement = self.signed(author, at, body);
        self.texts.borrow_mut().push(statement.text);
        statement.hash
    }

    pub(crate) fn signed<B: Body>(&self, author: &Author, at: Timestamp, body: B) -> Statement<B> {
        author.answer(&self.cx(at), About::exchange(self.x.xid, vec![]), body).unwrap()
    }

    pub(crate) fn cx(&self, now: Timestamp) -> Context<'_> {
        Context { now, crypto: &self.crypto, keyring: &self.keyring }
    }

    /// The pack as the buyer exports it.
    pub(crate) fn pack(&self) -> Vec<u8> {
        self.pack_by(&self.alice, &self.contents)
    }

    pub(crate) fn pack_by(&self, exporter: &Author, contents: &PackContents) -> Vec<u8> {
        write(&self.cx(minutes(30)), permit(), exporter, contents).unwrap()
    }

    pub(crate) fn read(&self, bytes: &[u8]) -> Pack {
        read(bytes, &self.crypto).unwrap()
    }

    pub(crate) fn report(&self, contents: &PackContents) -> Report {
        self.report_by(&self.alice, contents)
    }

    pub(crate) fn report_by(&self, exporter: &Author, contents: &PackContents) -> Report {
        verify(&self.read(&self.pack_by(exporter, contents)), &self.root, &self.crypto)
    }

    /// The contents without the statements of these kinds.
    pub(crate) fn without(&self, kinds: &[Kind]) -> PackContents {
        let kinds: BTreeSet<&str> = kinds.iter().map(|kind| kind.word()).collect();
        let mut contents = self.contents.clone();
        contents.statements.retain(|text| {
            let compact = semper_blocks::statement::Compact::parse(text).unwrap();
            !kinds.contains(compact.kind().word())
        });
        contents
    }
}

const TEXT: &[u8] = b"Roses are red, violets are blue, done.";

/// The file and its secrets.
struct Goods {
    parcel: semper_blocks::delivery::Parcel,
    ciphertexts: Vec<Vec<u8>>,
    key: KeyOpening,
    share: ShareOpening,
}

impl Goods {
    /// If `wrong`, R has another second chunk than the one that is delivered.
    fn new(wrong: bool) -> Self {
        let layout = Layout::new(TEXT.len() as u64, 16).unwrap();
        let key = KeyOpening { k: secret("k"), r: secret("r") };
        let share = ShareOpening { s: secret("s"), r_s: secret("r_s") };
        let mut first = CataloguePass::new(layout, secret("salts"));
        TEXT.chunks(16).for_each(|data| first.push(data).unwrap());
        let plain = first.finish().unwrap();
        let mut shown = plain.clone();
        if wrong {
            shown[1] = Hash::of(b"another chunk");
        }
        let content = ContentKey::derive(&key.k, &share.s, &layout, &tree::root(&shown));
        let mut second = SealPass::new(layout, secret("salts"), plain, content);
        let ciphertexts: Vec<Vec<u8>> = TEXT.chunks(16).map(|data| second.push(data).unwrap()).collect();
        let sealed = ciphertexts.iter().map(|chunk| tree::leaf_hash(chunk)).collect();
        let parcel = semper_blocks::delivery::Parcel::new(shown, sealed).unwrap();
        Goods { parcel, ciphertexts, key, share }
    }

    fn root(&self, private_salt: &Secret32) -> RootOpening {
        RootOpening { root: self.parcel.r_root(), salt: root_salt(private_salt) }
    }

    fn proof(&self) -> Vec<u8> {
        let (key, share) = (self.key.clone(), self.share.clone());
        let chunk = self.parcel.complaint(1, self.ciphertexts[1].clone(), key, share).unwrap();
        json::canonical(&Proof { chunk, root: self.root(&secret("private")) }).unwrap()
    }
}

fn make_offer(shop: &Author, cx: &Context<'_>, terms: offer::Terms) -> Statement<Offer> {
    let meta = shop.meta::<Offer>(cx, About::default(), Millis::days(1));
    let item = offer::Item { id: "poem".into(), price: eur("184.90").minor(), title: "A poem".into() };
    let body = offer::checkout(&meta, item, Currency::EUR, terms);
    make(cx.crypto, &shop.secret, meta, body).unwrap()
}

fn transcript(order: &Statement<Order>) -> String {
    let compact = semper_blocks::statement::Compact::parse(&order.text).unwrap();
    let transcript = Transcript {
        version: 1,
        question: "q-1".into(),
        kind: KindWord::new("order").unwrap(),
        key: order.meta.signer.key,
        payload: Hash::of(compact.payload()),
        wording: order.meta.wording,
        language: ShownLanguage::En,
        offset_minutes: 60,
        shown: Some("Order with obligation to pay 184.90 EUR\n".into()),
        asked: minutes(4),
        answered: minutes(5),
        consent: Some(Consent::Human),
        answer: Answer::Signed(order.hash),
    };
    transcript.write().unwrap()
}
