//! Scripts that once failed or that show something: each file is played, and what it expects must come
//! out.

#[test]
fn every_script_comes_out_as_it_expects() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let script = semper_sim::script::Script::read(&std::fs::read_to_string(&path).unwrap());
        let script = script.unwrap_or_else(|trouble| panic!("{}: {trouble}", path.display()));
        if let Err(trouble) = semper_sim::play::play(&script).result {
            panic!("{}: {trouble}", path.display());
        }
        count += 1;
    }
    assert!(count > 0);
}

/// What the dice decided can be written down, and then the same happens without dice.
#[test]
fn a_drawn_run_and_its_script_are_the_same_run() {
    for seed in [4, 6, 13, 18, 28] {
        let drawn = semper_sim::play::play(&semper_sim::script::draw(seed, 3));
        let text = drawn.script.to_string();
        let again = semper_sim::play::play(&semper_sim::script::Script::read(&text).unwrap());
        let differs = drawn.trace.lines().iter().zip(again.trace.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(drawn.result.unwrap(), again.result.unwrap());
    }
}
