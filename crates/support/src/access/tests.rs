use super::*;
use proptest::prelude::*;
use semper_base::Currency;

fn eur(minor: u64) -> Amount {
    Amount::new(minor, Currency::EUR).unwrap()
}

fn word(kind: &str) -> KindWord {
    KindWord::new(kind).unwrap()
}

fn kinds() -> impl Strategy<Value = SubjectKind> {
    prop_oneof![
        Just(SubjectKind::Agent),
        Just(SubjectKind::Owner),
        Just(SubjectKind::Script),
        Just(SubjectKind::Peer(Role::Bank)),
        Just(SubjectKind::Peer(Role::Seller)),
    ]
}

fn revealed() -> impl Strategy<Value = Revealed> {
    prop_oneof![Just(Revealed::Balance), Just(Revealed::Goods), Just(Revealed::Identity)]
}

fn exported() -> impl Strategy<Value = Exported> {
    prop_oneof![Just(Exported::Archive), Just(Exported::Backup), Just(Exported::EvidencePack)]
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        exported().prop_map(Action::Export),
        (0_u64..300).prop_map(|minor| Action::Pay(eur(minor))),
        revealed().prop_map(Action::Reveal),
        "[a-c]{1,2}".prop_map(|kind| Action::Sign(word(&kind))),
    ]
}

fn requests() -> impl Strategy<Value = Request> {
    (kinds(), "[xy]", actions())
        .prop_map(|(kind, handle, action)| Request { subject: Subject { kind, handle }, action })
}

fn grants() -> impl Strategy<Value = Grant> {
    let few = 0..3_usize;
    prop_oneof![
        prop::collection::vec(exported(), few.clone()).prop_map(|some| Grant::Export(Scope::Only(some))),
        Just(Grant::Sign(Scope::Any)),
        (0_u64..300).prop_map(|minor| Grant::Pay(Limit::UpTo(eur(minor)))),
        Just(Grant::Pay(Limit::Any)),
        prop::collection::vec(revealed(), few.clone()).prop_map(|some| Grant::Reveal(Scope::Only(some))),
        prop::collection::vec("[a-c]{1,2}", few)
            .prop_map(|some| Grant::Sign(Scope::Only(some.iter().map(|kind| word(kind)).collect()))),
    ]
}

fn rules() -> impl Strategy<Value = Rule> {
    (kinds(), prop::option::of("[xy]"), grants())
        .prop_map(|(kind, handle, may)| Rule { who: Who { kind, handle }, may })
}

fn set_of(all: &[Rule]) -> Rules {
    all.iter().fold(Rules::none(), |rules, rule| rules.with(rule.clone()).unwrap())
}

proptest! {
    #[test]
    fn no_rules_deny_everything(request in requests()) {
        prop_assert_eq!(check(&Rules::none(), &request).unwrap_err().code(), Code::AccessDenied);
    }

    /// Each permission comes from one rule that names this very subject and action; a further rule takes
    /// nothing away, and the order does not matter.
    #[test]
    fn permissions_add_up(all in prop::collection::vec(rules(), 0..6), request in requests()) {
        let one_by_one = all.iter().any(|rule| check(&set_of(std::slice::from_ref(rule)), &request).is_ok());
        let reversed: Vec<Rule> = all.iter().rev().cloned().collect();
        prop_assert_eq!(check(&set_of(&all), &request).is_ok(), one_by_one);
        prop_assert_eq!(check(&set_of(&reversed), &request).is_ok(), one_by_one);
        for rule in &all {
            if check(&set_of(std::slice::from_ref(rule)), &request).is_ok() {
                prop_assert_eq!(rule.who.kind, request.subject.kind);
                prop_assert!(rule.who.handle.as_ref().is_none_or(|handle| *handle == request.subject.handle));
            }
        }
    }

    #[test]
    fn a_permit_is_for_its_own_action(request in requests(), other in actions()) {
        let rules = set_of(&[
            Rule { who: Who { kind: request.subject.kind, handle: None }, may: Grant::Sign(Scope::Any) },
            Rule { who: Who { kind: request.subject.kind, handle: None }, may: Grant::Pay(Limit::Any) },
        ]);
        if let Ok(permit) = check(&rules, &request) {
            prop_assert!(permit.require(&request.action).is_ok());
            prop_assert_eq!(permit.require(&other).is_ok(), other == request.action);
            prop_assert_eq!(permit.subject(), &request.subject);
        }
    }

    #[test]
    fn rules_read_back(all in prop::collection::vec(rules(), 0..6)) {
        let rules = set_of(&all);
        prop_assert_eq!(Rules::read(&rules.write().unwrap()).unwrap(), rules);
    }
}

#[test]
fn the_owner_alone() {
    let ask = |kind| {
        let subject = Subject { kind, handle: "o".into() };
        check(&Rules::owner_only(), &Request { subject, action: Action::Sign(word("order")) }).is_ok()
    };
    assert!(ask(SubjectKind::Owner));
    assert!(!ask(SubjectKind::Agent) && !ask(SubjectKind::Script) && !ask(SubjectKind::Peer(Role::Buyer)));
}

#[test]
fn an_agent_within_its_budget() {
    let may = |may| Rule { who: Who { kind: SubjectKind::Agent, handle: Some("shopper".into()) }, may };
    let rules = set_of(&[may(Grant::Pay(Limit::UpTo(eur(500)))), may(Grant::Sign(Scope::Only(vec![word("order")])))]);
    let ask = |handle: &str, action| {
        check(&rules, &Request { subject: Subject { kind: SubjectKind::Agent, handle: handle.into() }, action })
    };
    assert!(ask("shopper", Action::Pay(eur(500))).is_ok());
    assert!(ask("shopper", Action::Pay(eur(501))).is_err());
    assert!(ask("shopper", Action::Pay(Amount::new(1, Currency::parse("USD").unwrap()).unwrap())).is_err());
    assert!(ask("shopper", Action::Sign(word("order"))).is_ok());
    assert!(ask("shopper", Action::Sign(word("mandate"))).is_err());
    assert!(ask("other", Action::Sign(word("order"))).is_err());
    let refusal = ask("shopper", Action::Export(Exported::Backup)).unwrap_err();
    assert_eq!((refusal.code(), refusal.detail()), (Code::AccessDenied, "Agent: export Backup"));
}

#[test]
fn the_form_is_strict() {
    let text = r#"{"allow":[{"may":{"sign":{"only":["order"]}},"who":{"kind":{"peer":"bank"}}},{"may":{"pay":"any"},"who":{"kind":"owner"}}],"version":1}"#;
    let rules = Rules::read(text.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(rules.write().unwrap()).unwrap(), text);
    let code = |from: &str, to: &str| Rules::read(text.replace(from, to).as_bytes()).unwrap_err().code();
    assert_eq!(code("\"version\":1", "\"version\":2"), Code::VersionUnknown);
    assert_eq!(
        code("\"who\":{\"kind\":\"owner\"}", "\"who\":{\"kind\":\"owner\",\"except\":\"x\"}"),
        Code::FieldUnknown
    );
    assert_eq!(code("\"sign\"", "\"sing\""), Code::FieldUnknown);
    assert_eq!(code("\"order\"", "\"Order\""), Code::FieldWrong);
    assert_eq!(code("\"owner\"", "\"root\""), Code::FieldUnknown);
    assert!(Rules::read(br#"{"allow":[]}"#).is_err());
    let one = Rule { who: Who { kind: SubjectKind::Owner, handle: None }, may: Grant::Pay(Limit::Any) };
    let full = set_of(&vec![one.clone(); semper_base::limits::ACCESS_RULES_MAX]);
    assert_eq!(full.with(one).unwrap_err().code(), Code::TooMany);
}
