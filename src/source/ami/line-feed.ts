/**
 * Stands in a value for a line break, at which the parser would tear the packet; `packetOf` makes it a LF.
 * A private-use character: no name or number bears it.
 */
export const LINE_FEED_STAND_IN = '\uE00A';
