#include <errno.h>

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/hci_lib.h>

// A bdaddr_t is packed, which Swift does not import; the bytes come least significant first.
static inline void earshot_adapter_address(const struct hci_dev_info *info, unsigned char bytes[6]) {
    for (int i = 0; i < 6; i++) bytes[i] = info->bdaddr.b[i];
}

// The answer's type is packed as well. 0: features holds the eight bytes; else -1 with errno.
static inline int earshot_le_features(int device, int timeout, unsigned char features[8]) {
    le_read_local_supported_features_rp answer = {0};
    struct hci_request request = {
        .ogf = OGF_LE_CTL, .ocf = OCF_LE_READ_LOCAL_SUPPORTED_FEATURES, .rparam = &answer, .rlen = LE_READ_LOCAL_SUPPORTED_FEATURES_RP_SIZE};
    if (hci_send_req(device, &request, timeout) < 0) return -1;
    if (answer.status) {
        errno = EIO;
        return -1;
    }
    for (int i = 0; i < 8; i++) features[i] = answer.features[i];
    return 0;
}
