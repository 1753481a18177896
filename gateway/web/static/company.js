// The company's other pages: copying.

import { copyAndPrint, wake } from "./page.js";

copyAndPrint(document.querySelector(".desk").dataset);
wake(document);
