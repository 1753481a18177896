// Pages with something to copy and nothing else that lives.

import { copyAndPrint, wake } from "./page.js";

copyAndPrint(document.getElementById("words").dataset);
wake(document);
