//! 256 short English words: no two begin with the same three letters, none sounds like another in
//! the list, all are easy to spell. The list is frozen: a word's place is the byte that it stands for.

/// Byte -> word, in alphabetical order.
#[rustfmt::skip]
pub(super) const WORDS: [&str; 256] = [
    "acid", "actor", "adult", "agent", "alarm", "album", "alley", "amber", "angle", "ankle", "apple", "april",
    "arena", "arrow", "atlas", "attic", "bacon", "badge", "bench", "berry", "bird", "blue", "boat", "bone", "book",
    "bowl", "bread", "brick", "broom", "brush", "cabin", "cake", "camel", "cat", "cave", "cello", "chair", "city",
    "clay", "clock", "coach", "coral", "cow", "crowd", "cube", "cup", "daisy", "dance", "dish", "dog", "door",
    "dress", "drum", "duck", "dust", "eagle", "earth", "echo", "egg", "elbow", "ember", "exit", "farm", "fence",
    "fern", "field", "fig", "film", "fish", "flag", "flute", "fog", "fox", "frame", "frog", "fruit", "fuel", "gate",
    "giant", "glass", "globe", "goat", "gold", "goose", "grape", "hat", "hazel", "heart", "hero", "honey", "horse",
    "hotel", "house", "ice", "idea", "igloo", "image", "index", "ink", "iron", "ivory", "jar", "jazz", "jelly",
    "jewel", "joke", "judge", "juice", "july", "kayak", "king", "kiwi", "koala", "label", "lake", "lamp", "laser",
    "lava", "lemon", "level", "lilac", "lime", "lion", "lobby", "logic", "lunch", "lyric", "mango", "maple", "medal",
    "melon", "metal", "milk", "model", "moon", "motor", "nest", "night", "noise", "noon", "north", "novel", "nurse",
    "oak", "oasis", "ocean", "olive", "onion", "opera", "orbit", "organ", "otter", "oval", "oven", "owl", "panda",
    "paper", "pedal", "piano", "pilot", "pink", "pizza", "pony", "poppy", "pulse", "quail", "queen", "quick", "radio",
    "raft", "ranch", "raven", "ribbon", "rice", "ring", "river", "robin", "rodeo", "roof", "ruby", "rug", "ruler",
    "salad", "sand", "satin", "scarf", "season", "secret", "seven", "shadow", "sheep", "silver", "singer", "sister",
    "sketch", "ski", "sky", "sleeve", "smile", "snow", "soap", "soccer", "soda", "solar", "song", "soup", "spoon",
    "square", "stone", "street", "sugar", "summer", "swan", "table", "tango", "target", "temple", "tennis", "tiger",
    "timber", "toast", "tomato", "tooth", "tower", "train", "tulip", "tunnel", "turtle", "uncle", "urban", "vacuum",
    "valley", "velvet", "vessel", "violin", "vivid", "voice", "voyage", "waffle", "wagon", "walnut", "water", "wheat",
    "window", "wizard", "wolf", "wonder", "wrist", "yard", "yellow", "yogurt", "zebra", "zero", "zigzag", "zinc",
    "zone",
];
