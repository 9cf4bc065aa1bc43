package import Recordings

package enum ScreenKind: IdentifierKind { package static let prefix = "scr_" }
package typealias ScreenID = Identifier<ScreenKind>
