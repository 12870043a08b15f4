import torch


def train_one_epoch(model, batches, loss_fn, optimizer, max_norm):
    running_loss, n = 0.0, 0
    for i, data in enumerate(batches):
        inputs, labels = data
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = loss_fn(outputs, labels)
        loss.backward()
        if max_norm:
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=max_norm)
        optimizer.step()
        running_loss += loss.item() * inputs.size(0)
        n += inputs.size(0)
    return running_loss / n


def train(model, batches, loss_function, optimizer, epochs=1, max_norm=None):
    model.train(True)
    return [train_one_epoch(model, batches, loss_function, optimizer, max_norm) for _ in range(epochs)]


@torch.no_grad()
def evaluate(model, batches, loss_function):
    training = model.training
    model.eval()
    vloss = [(loss_function(model(x), y).item(), len(y)) for x, y in batches]
    model.train(training)
    return sum(loss * n for loss, n in vloss) / sum(n for _, n in vloss)
