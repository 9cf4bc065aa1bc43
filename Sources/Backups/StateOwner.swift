internal import EventLoop
internal import Glibc

/// The user of the gateway, whose folder root works in: with his rights and no others, so that what he, or who broke into his process, puts in the
/// way there, such as a link, leads nowhere that he could not go himself.
///
/// Rights are the whole process's, whose only work this is.
struct StateOwner {
    private let user: uid_t
    private let group: gid_t

    /// Nil when this is not root, or the folder is root's own: then there are no rights to lay down.
    init?(of folder: String) {
        var found = stat()
        guard geteuid() == 0, unsafe lstat(folder, &found) == 0, found.st_uid != 0 else { return nil }
        (user, group) = (found.st_uid, found.st_gid)
    }

    private init(_ user: uid_t, _ group: gid_t) { (self.user, self.group) = (user, group) }

    /// The user of a packaged gateway; nil when there is none, or this is not root.
    static var ofEarshot: StateOwner? {
        guard geteuid() == 0, let entry = unsafe getpwnam("earshot") else { return nil }
        return unsafe StateOwner(entry.pointee.pw_uid, entry.pointee.pw_gid)
    }

    /// A folder that root has just made where nobody else can.
    func give(_ path: String) { _ = unsafe lchown(path, user, group) }

    /// Lays root's rights down until `giveBack`.
    func take() throws(SystemError) {
        var groups = [group]
        guard unsafe setgroups(1, &groups) == 0 else { throw SystemError("setgroups") }
        guard setegid(group) == 0 else { throw SystemError("setegid") }
        guard seteuid(user) == 0 else { throw SystemError("seteuid") }
    }

    /// What this process may not go on without.
    func giveBack() {
        var groups: [gid_t] = [0]
        guard seteuid(0) == 0, setegid(0) == 0, unsafe setgroups(1, &groups) == 0 else { fatalError("root's rights do not come back") }
    }
}
