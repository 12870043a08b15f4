import torch
import torch.nn as nn


class ScaledDotProduct(nn.Module):
    def forward(self, q, k, v, mask):
        logits = torch.matmul(q * (1.0 / q.size(-1)) ** 0.5, k.transpose(-2, -1))
        if mask is not None:
            if mask.dtype == torch.bool:
                logits = torch.where(mask, logits, logits.new_tensor(float("-inf")))
            else:
                logits = logits + mask
        log_weights = nn.functional.log_softmax(logits, dim=-1)
        weights = log_weights.exp()
        return weights @ v, weights


attention_module = ScaledDotProduct()


def attention(query, key, value, mask=None):
    return attention_module(query, key, value, mask)
