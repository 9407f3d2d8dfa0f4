//! What a form puts into a container, as the party's command names it: files with the folders that they came in, signed
//! statements, certificates, a payment.

use semper_base::Blob64;
use semper_base::limits::TRANSFER_GOODS_MAX;
use semper_blocks::certificate::pem;
use serde_json::{Value, json};

use super::upload::Chosen;

/// The list of goods in preorder, and the contents of files by their places in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Put {
    pub(super) wishes: Vec<Value>,
    pub(super) contents: Vec<(usize, Vec<u8>)>,
}

/// All of it; none if a certificate is none. What is too much, too deep or named oddly the command refuses.
pub(super) fn goods(
    files: Vec<Chosen>,
    statements: &str,
    certificates: &str,
    amount: Option<String>,
) -> Result<Put, semper_base::Violation> {
    let mut put = folders(files);
    let lines = statements.lines().map(str::trim).filter(|line| !line.is_empty());
    put.wishes.extend((1..).zip(lines).map(|(number, statement): (u32, &str)| {
        json!({ "kind": "statement", "name": format!("statement-{number}"), "statement": statement })
    }));
    if !certificates.trim().is_empty() {
        let found = pem::all_from_pem(pem::Label::Certificate, certificates.trim(), TRANSFER_GOODS_MAX)?;
        put.wishes.extend((1..).zip(found).map(|(number, der): (u32, Vec<u8>)| {
            json!({ "kind": "certificate", "name": format!("certificate-{number}"), "certificate": Blob64(der) })
        }));
    }
    put.wishes.extend(amount.map(|amount| json!({ "kind": "payment", "name": "payment", "amount": amount })));
    Ok(put)
}

/// Files by their names; those of a folder have the way to them in their names, which becomes containers.
fn folders(files: Vec<Chosen>) -> Put {
    let way = |file: &Chosen| -> Vec<String> {
        file.name.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let mut files: Vec<(Vec<String>, Chosen)> = files.into_iter().map(|file| (way(&file), file)).collect();
    // Whatever lies in one folder stands together then.
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut put = Put::default();
    // The folders that we are in: names, and places in the list.
    let mut open: Vec<(String, usize)> = Vec::new();
    for (mut way, file) in files {
        let name = way.pop().unwrap_or_default();
        let same = open.iter().zip(&way).take_while(|((open, _), folder)| open == *folder).count();
        open.truncate(same);
        for folder in way.into_iter().skip(same) {
            let place = put.wishes.len();
            enter(&mut put, &open, json!({ "kind": "container", "name": folder, "goods": 0 }));
            open.push((folder, place));
        }
        let place = put.wishes.len();
        let wish = json!({ "kind": "data", "name": name, "media": file.media, "length": file.content.len() });
        enter(&mut put, &open, wish);
        put.contents.push((place, file.content));
    }
    put
}

/// Puts something into the innermost folder.
fn enter(put: &mut Put, open: &[(String, usize)], wish: Value) {
    let folder = open.last().and_then(|(_, place)| put.wishes.get_mut(*place)).and_then(|one| one.get_mut("goods"));
    if let Some(count) = folder {
        *count = json!(count.as_u64().unwrap_or_default().saturating_add(1));
    }
    put.wishes.push(wish);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Chosen {
        Chosen { name: name.to_owned(), media: "text/plain".to_owned(), content: name.as_bytes().to_vec() }
    }

    fn lines(put: &Put) -> Vec<String> {
        let line = |wish: &Value| {
            let count = wish.get("goods").map(Value::to_string).unwrap_or_default();
            format!("{} {}{count}", wish["kind"].as_str().unwrap(), wish["name"].as_str().unwrap())
        };
        put.wishes.iter().map(line).collect()
    }

    #[test]
    fn folders_become_containers_in_preorder() {
        let files = ["b/2.txt", "a.txt", "b/c/3.txt", "b/1.txt", "d/c/4.txt"].map(file).to_vec();
        let put = goods(files, "", "", Some("5.00 EUR".to_owned())).unwrap();
        let expected = [
            "data a.txt",
            "container b3",
            "data 1.txt",
            "data 2.txt",
            "container c1",
            "data 3.txt",
            "container d1",
            "container c1",
            "data 4.txt",
            "payment payment",
        ];
        assert_eq!(lines(&put), expected);
        let places: Vec<usize> = put.contents.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [0, 2, 3, 5, 8]);
        assert!(put.contents.iter().all(|(place, content)| {
            String::from_utf8_lossy(content).ends_with(put.wishes[*place]["name"].as_str().unwrap())
        }));
    }

    #[test]
    fn papers_have_names_of_their_own() {
        let put = goods(Vec::new(), "a.b.c\n\n d.e.f ", "", None).unwrap();
        assert_eq!(lines(&put), ["statement statement-1", "statement statement-2"]);
        assert!(goods(Vec::new(), "", "no certificate", None).is_err());
        assert_eq!(goods(Vec::new(), " ", "\n", None).unwrap(), Put::default());
    }
}
