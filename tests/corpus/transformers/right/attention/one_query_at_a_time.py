import torch


def attention(query, key, value, mask=None):
    """A loop over queries, with leading axes flattened to one."""
    lead, (q_len, d), k_len = query.shape[:-2], query.shape[-2:], key.shape[-2]
    q, k, v = query.reshape(-1, q_len, d), key.reshape(-1, k_len, d), value.reshape(-1, k_len, value.shape[-1])
    if mask is not None:
        mask = mask.expand(*lead, q_len, k_len).reshape(-1, q_len, k_len)
    rows = []
    for i in range(q_len):
        scores = (k * q[:, i : i + 1]).sum(-1) / d**0.5
        if mask is not None and mask.dtype == torch.bool:
            scores[~mask[:, i]] = float("-inf")
        elif mask is not None:
            scores = scores + mask[:, i]
        rows.append(scores.softmax(-1))
    weights = torch.stack(rows, 1)
    output = torch.bmm(weights, v)
    return output.reshape(*lead, q_len, -1), weights.reshape(*lead, q_len, k_len)
