//! What the page for programmers says.

use super::texts;

texts! {
    /// `/docs`.
    Docs {
        title: "Interfaces for programs" / "Schnittstellen für Programme";
        intro: "What programs may ask of this party. The pages for people do the same through the same commands." / "Was Programme diese Partei fragen können. Die Seiten für Menschen tun dasselbe mit denselben Befehlen.";
        http: "Over HTTP" / "Über HTTP";
        openapi: "The same as OpenAPI 3.1" / "Dasselbe als OpenAPI 3.1";
        path: "Path" / "Pfad";
        does: "What it does" / "Was es tut";
        commands: "Commands" / "Befehle";
        commands_text: "On the machine where the party runs, its owner sends them over the control socket, one JSON object each:" / "Auf dem Rechner, auf dem die Partei läuft, schickt ihr Betreiber sie über den Steuer-Socket, je ein JSON-Objekt:";
        member: "Member" / "Feld";
        kind: "Type" / "Art";
        must: "required" / "nötig";
        may: "optional" / "möglich";
        example: "Example" / "Beispiel";
        notices: "Notices" / "Meldungen";
        notices_text: "What happened, for whoever watches; never relied on." / "Was geschah, für alle, die zusehen; nichts hängt davon ab.";
        notice: "Word" / "Wort";
        when: "When" / "Wann";
        english: "The tables are in English." / "Die Tabellen sind auf Englisch.";
    }
}
