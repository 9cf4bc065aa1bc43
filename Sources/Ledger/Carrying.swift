/// Who carried a card when, as SQL.
enum Carrying {
    /// Whether somebody carried a card at a time.
    ///
    /// - Parameters: each is SQL.
    static func carried(_ card: String, by holder: String, at time: String) -> String { carried(card, by: holder, from: time, to: time) }

    /// Whether somebody carried a card at some time of a span, whose ends belong to it.
    ///
    /// - Parameters: each is SQL.
    static func carried(_ card: String, by holder: String, from earliest: String, to latest: String) -> String {
        """
        EXISTS (SELECT 1 FROM carry WHERE carry.card = \(card) AND carry.holder = \(holder)
            AND carry.from_time <= \(latest) AND (carry.to_time IS NULL OR carry.to_time > \(earliest)))
        """
    }
}
