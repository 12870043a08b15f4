import torch


def train(model, batches, loss_function, optimizer, epochs=1, max_norm=None):
    model.train()
    parameters = list(model.parameters())
    out = []
    for _ in range(epochs):
        total, n = torch.zeros(()), 0
        for x, y in batches:
            loss = loss_function(model(x), y)
            grads = torch.autograd.grad(loss, parameters)
            if max_norm is not None:
                norm = torch.cat([g.flatten() for g in grads]).norm()
                scale = torch.clamp(max_norm / norm, max=1.0)
                grads = [g * scale for g in grads]
            for p, g in zip(parameters, grads):
                p.grad = g
            optimizer.step()
            total = total + loss.detach() * len(x)
            n += len(x)
        out.append(float(total / n))
    return out


def evaluate(model, batches, loss_function):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    total = n = 0
    for x, y in batches:
        with torch.no_grad():
            total += loss_function(model(x), y).item() * x.shape[0]
            n += x.shape[0]
    for module, mode in modes.items():
        module.training = mode
    return total / n
