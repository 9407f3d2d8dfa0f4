//! What the pages about a register's log say. `{}` is filled in by the page.

use super::texts;

texts! {
    /// The log of a bank or notary.
    Log {
        title: "Public log" / "Öffentliches Protokoll";
        entry: "Entry {} of the log" / "Eintrag {} des Protokolls";
        what: "Every decision of this register is sealed into this log, in the moment in which it is made. An entry is two hashes: it shows nobody who dealt with whom, and whoever holds the decision can show that exactly this one stands here. What stands in the log cannot be changed or taken out again: witnesses sign every new state only if it continues the last." / "Jede Entscheidung dieses Registers wird im Augenblick, in dem sie fällt, in dieses Protokoll gesiegelt. Ein Eintrag besteht aus zwei Hashwerten: Er verrät niemandem, wer mit wem handelte, und wer die Entscheidung hat, kann zeigen, dass genau diese hier steht. Was im Protokoll steht, kann nicht mehr geändert oder entfernt werden: Zeugen unterschreiben jeden neuen Stand nur, wenn er den letzten fortsetzt.";
        state: "State" / "Stand";
        size: "Entries" / "Einträge";
        sealed: "Of these under the last checkpoint" / "Davon unter dem letzten Prüfpunkt";
        head: "Tree head (root hash)" / "Baumspitze (Wurzel-Hashwert)";
        key: "Key of the log" / "Schlüssel des Protokolls";
        checkpoint: "The last checkpoint, as it is signed" / "Der letzte Prüfpunkt, wie er unterschrieben ist";
        no_checkpoint: "Nothing is sealed yet." / "Noch ist nichts gesiegelt.";
        witnesses: "Witnesses" / "Zeugen";
        no_witnesses: "No witness follows this log." / "Kein Zeuge folgt diesem Protokoll.";
        witness: "Witness" / "Zeuge";
        cosigned: "Cosigned up to" / "Gegengezeichnet bis";
        in_checkpoint: "Its signature is under this checkpoint" / "Unterschrift unter diesem Prüfpunkt";
        yes: "yes" / "ja";
        no: "not yet" / "noch nicht";
        find: "Look something up" / "Etwas nachschlagen";
        find_label: "Number of an entry, or the id of an exchange (64 characters)" / "Nummer eines Eintrags oder Kennung eines Austauschs (64 Zeichen)";
        find_go: "Look up" / "Nachschlagen";
        find_wrong: "That is neither a number nor an id" / "Das ist weder eine Nummer noch eine Kennung";
        found: "Decisions about this exchange stand at these places:" / "Entscheidungen über diesen Austausch stehen an diesen Plätzen:";
        found_none: "Nothing about this exchange stands in this log." / "Zu diesem Austausch steht nichts in diesem Protokoll.";
        entries: "Entries, newest first" / "Einträge, neueste zuerst";
        entries_none: "Nothing was decided yet." / "Noch wurde nichts entschieden.";
        number: "Number" / "Nummer";
        place: "Place (hash of exchange and slot)" / "Platz (Hashwert aus Austausch und Zeile)";
        seal: "Seal (hash of the decision)" / "Siegel (Hashwert der Entscheidung)";
        older: "Older entries" / "Ältere Einträge";
        newest: "Newest entries" / "Neueste Einträge";
        audit: "Check it yourself" / "Selbst prüfen";
        audit_text: "This reads the whole log, computes the tree again and compares it with the checkpoint and what the witness has seen:" / "Dies liest das ganze Protokoll, berechnet den Baum neu und vergleicht ihn mit dem Prüfpunkt und dem, was der Zeuge gesehen hat:";
        raw: "As files (C2SP tlog-tiles)" / "Als Dateien (C2SP tlog-tiles)";
        raw_checkpoint: "checkpoint" / "Prüfpunkt";
        raw_key: "key" / "Schlüssel";
        raw_entries: "newest tile of entries" / "neueste Kachel mit Einträgen";
        raw_hashes: "newest tile of hashes" / "neueste Kachel mit Hashwerten";
        proof: "Proof that it stands there" / "Beweis, dass er dort steht";
        proof_text: "Entry, path and checkpoint: whoever knows the key of the log can check that this entry stands under this tree head, without trusting this page." / "Eintrag, Pfad und Prüfpunkt: Wer den Schlüssel des Protokolls kennt, kann ohne Vertrauen in diese Seite prüfen, dass dieser Eintrag unter dieser Baumspitze steht.";
        proof_raw: "Proof as a file" / "Beweis als Datei";
        proof_soon: "No checkpoint has this entry yet; there is one within seconds." / "Noch hat kein Prüfpunkt diesen Eintrag; binnen Sekunden gibt es einen.";
        back: "Back to the log" / "Zurück zum Protokoll";
    }
}
