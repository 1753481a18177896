"""Start Postroom from a checkout: `python run.py ARGS`."""

from gateway.__main__ import main

if __name__ == "__main__":
    main()
