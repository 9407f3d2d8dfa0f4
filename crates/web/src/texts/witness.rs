//! What the witness's page says. `{…}` is filled in by the page.

use super::texts;

texts! {
    /// Start page.
    Witness {
        what: "What this witness does" / "Was dieser Zeuge tut";
        what_text: "Banks and notaries keep a public log of what they decided. This witness looks at each new state of these logs and cosigns it only if nothing that stood there before was changed or taken out. So nobody can be shown another history than you." / "Banken und Notare führen ein öffentliches Protokoll ihrer Entscheidungen. Dieser Zeuge sieht jeden neuen Stand dieser Protokolle an und zeichnet ihn nur gegen, wenn nichts geändert oder entfernt wurde, was vorher dort stand. So kann niemandem eine andere Fassung gezeigt werden als Ihnen.";
        forks: "{n} times a log showed two histories. Both are kept." / "{n} Mal zeigte ein Protokoll zwei Fassungen. Beide sind aufbewahrt.";
        logs: "Logs" / "Protokolle";
        no_logs: "It follows no log yet." / "Er folgt noch keinem Protokoll.";
        name: "Of" / "Von";
        size: "Entries" / "Einträge";
        cosigned: "Last cosigned" / "Zuletzt gegengezeichnet";
        key: "Its key" / "Sein Schlüssel";
        key_text: "Whoever checks a log gives this key along:" / "Wer ein Protokoll prüft, gibt diesen Schlüssel mit an:";
    }
}
