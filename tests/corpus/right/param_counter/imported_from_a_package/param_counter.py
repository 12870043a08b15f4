from lib.count import *
